package io.affinage.llm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelsTest {
  @Test
  void shouldRefuseAnArrayThatStandsInTwoLists() {
    try (NDManager scope = NDManager.newBaseManager("PyTorch");
        Kernels kernels =
            Kernels.compile(scope, Map.of("precision", 6), List.of("tensors", "optimizer"))) {
      NDArray total = scope.create(new float[] {1, 2});
      NDArray part = scope.create(new float[] {3, 4});
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> kernels.differentiable(scope, "add_all", List.of(total), List.of(total)))
          .withMessageContaining("two arguments of add_all");
      kernels.run(scope, "add_all", List.of(total), List.of(part));
      assertThat(total.toFloatArray()).containsExactly(4, 6);
    }
  }
}
