package io.affinage.llm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class LayerArraysTest {
  private static final int NUMBERS = 1 << 22;

  /**
   * A JVM allows direct buffers no more bytes than its heap may have. Trained arrays of a large
   * model are larger, so none of them may stay in one.
   */
  @Test
  void shouldKeepNoTrainedArrayInADirectBuffer() {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(root, FamilyFixture.named("qwen2").checkpoint(), Precision.FLOAT32);
        LayerArrays arrays = new LayerArrays(decoder, 1)) {
      System.gc();
      long before = directBytes();
      float[] values = new float[NUMBERS];
      values[NUMBERS - 1] = 0.5f;
      arrays.addTrained(
          0, 0, "key", AdapterParameter.Role.OTHER, values, new Shape(2, NUMBERS / 2));

      assertThat(arrays.of(0).get(0).toFloatArray()).isEqualTo(values);
      await()
          .untilAsserted(
              () -> {
                System.gc();
                assertThat(directBytes() - before).isLessThan(NUMBERS);
              });
    }
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
