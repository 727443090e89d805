package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.AdapterFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.tensor.Precision;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A base with an adapter merged into it computes what PEFT computes with the adapter beside it. */
class MergedAdapterTest {
  private static final int ROWS_AT_ONCE = 5;

  static List<AdapterFixture> mergeable() {
    return AdapterFixture.all().stream()
        .filter(fixture -> List.of("dora", "ia3").contains(fixture.method()))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("mergeable")
  void shouldComputeTheSameWithoutTheAdapter(AdapterFixture fixture) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(root, fixture.family().checkpoint(), Precision.FLOAT32)) {
      Map<String, float[]> merged = new HashMap<>();
      Set<String> transposed = new HashSet<>();
      decoder.forEachBlock(
          (layer, block) ->
              block.weights().stream()
                  .filter(BlockWeight::transposed)
                  .forEach(weight -> transposed.add(block.prefix() + weight.path())));
      try (Adapter adapter = PeftFolder.load(decoder, fixture.folder())) {
        List<LayerUpdate> updates = LayerUpdate.of(decoder, adapter);
        Weights weights = new MergedWeights(new DecoderWeights(decoder), updates);
        weights.list().forEach(weight -> merged.put(weight.name(), whole(weights, weight)));
      }
      decoder.forEachWeight(
          (name, array) -> assign(decoder, array, merged.get(name), transposed.contains(name)));
      try (Generator generator = new Generator(decoder, decoder.withoutAdapter())) {
        List<int[]> texts = fixture.texts();
        for (int i = 0; i < texts.size(); i++) {
          JsonNode expected = fixture.golden().get("last_logits").get(i);
          float[] logits = generator.nextLogits(texts.get(i));
          for (int t = 0; t < logits.length; t++) {
            assertThat((double) logits[t]).isCloseTo(expected.get(t).asDouble(), within(1e-4));
          }
        }
      }
    }
  }

  static List<AdapterFixture> unmergeable() {
    return AdapterFixture.all().stream()
        .filter(fixture -> !List.of("dora", "ia3").contains(fixture.method()))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("unmergeable")
  void shouldRefuseWhatNoWeightCanHold(AdapterFixture fixture) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(root, fixture.family().checkpoint(), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, fixture.folder())) {
      assertThatThrownBy(() -> LayerUpdate.of(decoder, adapter))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("export_unsupported"))
          .hasMessageContaining(fixture.method())
          .hasMessageContaining("peft");
    }
  }

  /** Read some rows at a time, as exports do. */
  private static float[] whole(Weights weights, Weights.Weight weight) {
    float[] values = new float[Math.toIntExact(weight.rows() * weight.rowElements())];
    for (long row = 0; row < weight.rows(); row += ROWS_AT_ONCE) {
      int rows = (int) Math.min(ROWS_AT_ONCE, weight.rows() - row);
      float[] part = new float[ROWS_AT_ONCE * weight.rowElements()];
      weights.read(weight, row, rows, part);
      System.arraycopy(
          part, 0, values, (int) row * weight.rowElements(), rows * weight.rowElements());
    }
    return values;
  }

  private static void assign(Decoder decoder, NDArray array, float[] values, boolean transposed) {
    if (transposed) {
      Shape shape = array.getShape();
      try (NDManager scope = decoder.manager().newSubManager()) {
        NDArray stored = scope.create(values, new Shape(shape.get(1), shape.get(0)));
        decoder.assign(array, stored.transpose().toFloatArray());
      }
    } else {
      decoder.assign(array, values);
    }
  }
}
