package io.affinage.llm.training.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.quantization.DynamicMap;
import io.affinage.llm.tensor.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every rule against what PyTorch, bitsandbytes and transformers do with the same inputs. */
class OptimizerTest {
  private static final Map<String, Shape> SHAPES = new LinkedHashMap<>();
  private static final double[] RATES = {0.01, 0.02, 0.015, 0.005, 0.01};
  private static final double DECAY = 0.05;

  /** Traces of the fixture and the rules that must give them. */
  private static final Map<String, OptimizerRule> RULES =
      Map.of(
          "adamw", AdamW.DEFAULT,
          "adamw_8bit", AdamW8bit.DEFAULT,
          "adamw_companded", AdamWCompanded.DEFAULT,
          "adafactor", Adafactor.DEFAULT,
          "adafactor_scaled", new Adafactor(-0.8, 1e-30, true, 1e-3, 1),
          "lion", Lion.DEFAULT,
          "sgd", Sgd.DEFAULT,
          "sgd_nesterov", new Sgd(0.9, true));

  private static NDManager root;
  private static Kernels kernels;
  private static JsonNode fixture;

  @TempDir private Path folder;

  @BeforeAll
  static void compile() throws IOException {
    SHAPES.put("wide", new Shape(45, 93));
    SHAPES.put("small", new Shape(8, 12));
    SHAPES.put("vector", new Shape(37));
    root = NDManager.newBaseManager("PyTorch");
    kernels =
        Kernels.compile(
            root,
            Map.of("precision", 15),
            List.of(
                "tensors",
                "optimizer",
                "optimizer_adamw",
                "optimizer_adamw8bit",
                "optimizer_lion",
                "optimizer_sgd",
                "optimizer_adafactor"));
    fixture =
        new ObjectMapper()
            .readTree(OptimizerTest.class.getResourceAsStream("/training/optimizers.json"));
  }

  @AfterAll
  static void close() {
    kernels.close();
    root.close();
  }

  static Stream<String> traces() {
    List<String> names = new ArrayList<>();
    fixture.get("traces").fieldNames().forEachRemaining(names::add);
    return names.stream();
  }

  static List<String> rules() {
    return OptimizerRule.names();
  }

  /** A float32 array in halves. */
  private static MasterWeight split(NDManager manager, NDArray numbers) {
    NDArray rounded = kernels.run(manager, "to_precision", numbers).singletonOrThrow();
    MasterWeight value = MasterWeight.split(kernels, manager, rounded);
    value.assign(kernels, manager, 0, numbers.reshape(-1));
    return value;
  }

  @ParameterizedTest
  @MethodSource("traces")
  void shouldFollowTheReferenceStepByStep(String trace) {
    try (Weights weights = new Weights(RULES.get(trace), Optional.empty())) {
      for (int step = 0; step < RATES.length; step++) {
        weights.step(step);
        JsonNode expected = fixture.get("traces").get(trace).get(step);
        for (String name : SHAPES.keySet()) {
          assertThat(weights.sample(name))
              .as("%s after step %d", name, step + 1)
              .containsExactly(floats(expected.get(name)), within(2e-6f));
        }
      }
    }
  }

  /** What float32 arrays become, to the last bit, though only 16-bit halves are kept. */
  @ParameterizedTest
  @MethodSource("rules")
  void shouldMoveHalvesAsFloat32(String rule) {
    try (Weights whole = new Weights(OptimizerRule.of(rule), Optional.empty());
        Weights halves =
            new Weights(OptimizerRule.of(rule), Optional.empty(), 1, DECAY, OptimizerTest::split)) {
      for (int step = 0; step < RATES.length; step++) {
        whole.step(step);
        halves.step(step);
        for (String name : SHAPES.keySet()) {
          assertThat(bits(halves.values(name)))
              .as("%s after step %d", name, step + 1)
              .isEqualTo(bits(whole.values(name)));
        }
      }
    }
  }

  @Test
  void shouldKeepTheRoundedNumberInTheUpperHalf() {
    float[] numbers = {
      1f, -1f, 1.00390625f, -1.00390625f, 1.01171875f, 3.14159f, -3.14159f, 1e-40f, -0f, 0f, 3.4e38f
    };
    try (NDManager scope = root.newSubManager()) {
      MasterWeight value = split(scope, scope.create(numbers));
      float[] upper =
          MasterWeight.whole(scope, kernels.run(scope, "as_float32", value.parameter()).get(0))
              .toFloats(kernels);

      assertThat(bits(value.toFloats(kernels))).isEqualTo(bits(numbers));
      for (int i = 0; i < numbers.length; i++) {
        assertThat(Float.floatToRawIntBits(upper[i]))
            .as("%s", numbers[i])
            .isEqualTo((Float.floatToRawIntBits(numbers[i]) + 0x8000) & 0xffff0000);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void shouldGiveTheSameBitsFromAFile(String rule) throws IOException {
    try (Weights resident = new Weights(OptimizerRule.of(rule), Optional.empty());
        Weights paged = new Weights(OptimizerRule.of(rule), Optional.of(folder))) {
      assertThat(Files.list(folder)).as("the file has no name").isEmpty();
      for (int step = 0; step < RATES.length; step++) {
        resident.step(step);
        paged.step(step);
      }
      for (String name : SHAPES.keySet()) {
        assertThat(paged.values(name)).containsExactly(resident.values(name));
      }
    }
  }

  /** An array of several pieces moves as arrays do that are a piece each. */
  @ParameterizedTest
  @ValueSource(strings = {"adamw", "adamw_8bit", "adamw_companded", "lion", "sgd"})
  void shouldGoThroughALargeArrayPieceByPiece(String rule) {
    int piece = 262_144;
    int pieces = 3;
    try (NDManager scope = root.newSubManager()) {
      float[] numbers = formula(new Shape(pieces * piece), 1, 0.5);
      List<OptimizedArray> parts = new ArrayList<>();
      for (int i = 0; i < pieces; i++) {
        NDArray part = scope.create(Arrays.copyOfRange(numbers, i * piece, (i + 1) * piece));
        parts.add(new OptimizedArray("part" + i, split(scope, part), 1, DECAY));
      }
      MasterWeight large = split(scope, scope.create(numbers));
      OptimizedArray whole = new OptimizedArray("whole", large, 1, DECAY);
      OptimizerRule method = OptimizerRule.of(rule);
      try (Optimizer one = new Optimizer(kernels, scope, method, List.of(whole), Optional.empty());
          Optimizer several = new Optimizer(kernels, scope, method, parts, Optional.empty())) {
        for (int step = 0; step < 3; step++) {
          float[] gradient = formula(new Shape(pieces * piece), 10 * (step + 1), 0.1);
          List<NDArray> gradients = new ArrayList<>();
          for (int i = 0; i < pieces; i++) {
            gradients.add(scope.create(Arrays.copyOfRange(gradient, i * piece, (i + 1) * piece)));
          }
          one.update(List.of(scope.create(gradient)), RATES[step], 1);
          several.update(gradients, RATES[step], 1);
        }
      }
      float[] moved = large.toFloats(kernels);
      for (int i = 0; i < pieces; i++) {
        assertThat(parts.get(i).value().toFloats(kernels))
            .as("piece %d", i)
            .isEqualTo(Arrays.copyOfRange(moved, i * piece, (i + 1) * piece));
      }
    }
  }

  @Test
  void shouldMakeTheMapsOfBitsandbytes() {
    assertThat(bits(DynamicMap.values(true))).isEqualTo(bits(fixture.get("maps").get("signed")));
    assertThat(bits(DynamicMap.values(false))).isEqualTo(bits(fixture.get("maps").get("unsigned")));
  }

  @Test
  void shouldKeepAQuarterOfAdamsStateInEightBits() {
    Shape matrix = new Shape(512, 512);
    long elements = matrix.size();

    assertThat(AdamW.DEFAULT.stateBytes(matrix)).isEqualTo(8 * elements);
    assertThat(AdamW8bit.DEFAULT.stateBytes(matrix)).isEqualTo(2 * elements + elements / 32);
    assertThat(AdamWCompanded.DEFAULT.stateBytes(matrix)).isEqualTo(2 * elements + elements / 8);
    assertThat(Lion.DEFAULT.stateBytes(matrix)).isEqualTo(4 * elements);
    assertThat(Adafactor.DEFAULT.stateBytes(matrix)).isEqualTo(4 * (512 + 512));
  }

  @Test
  void shouldScaleTheRateOfAGroup() {
    try (Weights plain = new Weights(Lion.DEFAULT, Optional.empty(), 1, 0, MasterWeight::whole);
        Weights fast = new Weights(Lion.DEFAULT, Optional.empty(), 4, 0, MasterWeight::whole)) {
      float[] before = plain.values("small");
      plain.step(0);
      fast.step(0);
      for (int i = 0; i < before.length; i++) {
        float moved = plain.values("small")[i] - before[i];
        assertThat(fast.values("small")[i] - before[i]).isCloseTo(4 * moved, within(1e-6f));
      }
    }
  }

  @Test
  void shouldNameTheRulesThatExist() {
    assertThatThrownBy(() -> OptimizerRule.of("adam"))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("adamw, adamw_8bit, adamw_companded, adafactor, lion, sgd");
  }

  /** The fixture's inputs, and an optimizer at work on them. */
  private static final class Weights implements AutoCloseable {
    private final NDManager manager = root.newSubManager();
    private final Map<String, OptimizedArray> arrays = new LinkedHashMap<>();
    private final Optimizer optimizer;

    Weights(OptimizerRule rule, Optional<Path> pages) {
      this(rule, pages, 1, DECAY, MasterWeight::whole);
    }

    Weights(
        OptimizerRule rule,
        Optional<Path> pages,
        double rateFactor,
        double decay,
        BiFunction<NDManager, NDArray, MasterWeight> trained) {
      int salt = 1;
      for (Map.Entry<String, Shape> each : SHAPES.entrySet()) {
        MasterWeight value = trained.apply(manager, array(each.getValue(), salt++, 0.5));
        arrays.put(each.getKey(), new OptimizedArray(each.getKey(), value, rateFactor, decay));
      }
      optimizer = new Optimizer(kernels, manager, rule, List.copyOf(arrays.values()), pages);
    }

    private NDArray array(Shape shape, int salt, double scale) {
      return manager.create(formula(shape, salt, scale), shape);
    }

    void step(int step) {
      List<NDArray> gradients = new ArrayList<>();
      for (Shape shape : SHAPES.values()) {
        int salt = 10 * (step + 1) + gradients.size();
        gradients.add(array(shape, salt, 0.1 * (step + 1)));
      }
      optimizer.update(gradients, RATES[step], 1);
    }

    float[] values(String name) {
      return arrays.get(name).value().toFloats(kernels);
    }

    float[] sample(String name) {
      float[] all = values(name);
      int every = Math.max(1, all.length / 23);
      float[] some = new float[(all.length + every - 1) / every];
      for (int i = 0; i < some.length; i++) {
        some[i] = all[i * every];
      }
      return some;
    }

    @Override
    public void close() {
      optimizer.close();
      manager.close();
    }
  }

  private static float[] formula(Shape shape, int salt, double scale) {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      double raw = (i * 7919L + salt * 104729L + 17) % 2003 / 1001.0 - 1.0;
      values[i] = (float) (Math.pow(raw, 3) * scale);
    }
    return values;
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) array.get(i).asDouble();
    }
    return values;
  }

  private static List<Integer> bits(float[] values) {
    List<Integer> bits = new ArrayList<>();
    for (float value : values) {
      bits.add(Float.floatToRawIntBits(value));
    }
    return bits;
  }

  private static List<Integer> bits(JsonNode array) {
    List<Integer> bits = new ArrayList<>();
    array.forEach(value -> bits.add(value.asInt()));
    return bits;
  }
}
