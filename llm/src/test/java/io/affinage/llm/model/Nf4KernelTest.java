package io.affinage.llm.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.DynamicMap;
import io.affinage.llm.quantization.Nf4;
import io.affinage.llm.tensor.Kernels;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The kernel against {@link Nf4#decode}, which has bitsandbytes' numbers, in every precision: less
 * than a block, whole tiles, several with a rest of a block.
 */
class Nf4KernelTest {
  private static final int BFLOAT16 = 15;
  private static final int FLOAT16 = 5;
  private static final int FLOAT32 = 6;
  private static final int GROUP = 256 * Nf4.BLOCK;

  @ParameterizedTest
  @CsvSource({"3, 7", "8, 64", "1024, 512", "1025, 512", "1100, 1000"})
  void decodesToTheBit(int out, int in) {
    Random random = new Random(out);
    float[] values = new float[out * in];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 0.02 * (1 + i / 64 % 7));
    }
    byte[] packed = new byte[(int) Nf4.bytes(values.length)];
    var plain = new BlockScales.Plain(new float[(int) Nf4.blocks(values.length)]);
    Nf4.encode(values, values.length, packed, plain.values(), 0);
    BlockScales.Nested nested = BlockScales.Nested.of(plain);

    for (int precision : new int[] {BFLOAT16, FLOAT16, FLOAT32}) {
      try (NDManager scope = NDManager.newBaseManager("PyTorch");
          Kernels kernels =
              Kernels.compile(scope, Map.of("precision", precision), List.of("tensors", "nf4"))) {
        NDArray codes = bytes(scope, packed);
        assertThat(
                decoded(
                    kernels,
                    new Nf4Weight(
                        new Shape(out, in),
                        codes,
                        scope.create(plain.values()),
                        scope.create(new Shape(0)),
                        scope.create(new float[1])),
                    scope))
            .as("plain scales, precision %d", precision)
            .isEqualTo(expected(kernels, packed, plain, values.length, scope));
        assertThat(
                decoded(
                    kernels,
                    new Nf4Weight(
                        new Shape(out, in),
                        codes,
                        bytes(scope, nested.codes()),
                        scope.create(nested.magnitudes()),
                        scope.create(new float[] {nested.mean()})),
                    scope))
            .as("quantized scales, precision %d", precision)
            .isEqualTo(expected(kernels, packed, nested, values.length, scope));
      }
    }
  }

  /** Parts that begin with a group of scales are decoded as they are within the whole. */
  @Test
  void decodesParts() {
    int count = 3 * GROUP + 100;
    byte[] packed = new byte[(int) Nf4.bytes(count)];
    new Random(1).nextBytes(packed);
    var plain = new BlockScales.Plain(new float[(int) Nf4.blocks(count)]);
    for (int i = 0; i < plain.values().length; i++) {
      plain.values()[i] = 0.01f + 0.001f * (i % 13);
    }
    for (BlockScales scales : List.of(plain, BlockScales.Nested.of(plain))) {
      try (NDManager scope = NDManager.newBaseManager("PyTorch");
          Kernels kernels =
              Kernels.compile(scope, Map.of("precision", BFLOAT16), List.of("tensors", "nf4"))) {
        NDArray target =
            kernels.run(scope, "allocate", scope.create(new long[] {1, count})).singletonOrThrow();
        for (int first : new int[] {2 * GROUP, 0}) {
          boolean nested = scales instanceof BlockScales.Nested;
          kernels.run(
              scope,
              "nf4_decode_part",
              target,
              bytes(scope, packed),
              nested
                  ? bytes(scope, ((BlockScales.Nested) scales).codes())
                  : scope.create(plain.values()),
              nested
                  ? scope.create(((BlockScales.Nested) scales).magnitudes())
                  : scope.create(new Shape(0)),
              scope.create(new float[] {nested ? ((BlockScales.Nested) scales).mean() : 0}),
              scope.create(DynamicMap.values(true)),
              scope.create(Nf4Blocks.pairs()),
              first,
              first == 0 ? 2 * GROUP : count - first);
        }
        assertThat(kernels.run(scope, "as_float32", target).singletonOrThrow().toFloatArray())
            .isEqualTo(expected(kernels, packed, scales, count, scope));
      }
    }
  }

  private static NDArray bytes(NDManager scope, byte[] bytes) {
    return scope.create(ByteBuffer.wrap(bytes), new Shape(bytes.length), DataType.UINT8);
  }

  private static float[] decoded(Kernels kernels, Nf4Weight weight, NDManager scope) {
    NDArray target =
        kernels.run(scope, "allocate", scope.create(weight.shape().getShape())).singletonOrThrow();
    kernels.run(
        scope,
        "nf4_decode",
        target,
        weight.packed(),
        weight.scales(),
        weight.magnitudes(),
        weight.mean(),
        scope.create(DynamicMap.values(true)),
        scope.create(Nf4Blocks.pairs()));
    return kernels.run(scope, "as_float32", target).singletonOrThrow().toFloatArray();
  }

  private static float[] expected(
      Kernels kernels, byte[] packed, BlockScales scales, int count, NDManager scope) {
    float[] exact = new float[count];
    Nf4.decode(packed, scales, 0, count, exact, 0);
    NDArray rounded = kernels.run(scope, "to_precision", scope.create(exact)).singletonOrThrow();
    return kernels.run(scope, "as_float32", rounded).singletonOrThrow().toFloatArray();
  }
}
