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

  @Test
  void shouldRefuseAMethodThatThereIsNot() {
    try (NDManager scope = NDManager.newBaseManager("PyTorch");
        Kernels kernels = Kernels.compile(scope, Map.of("precision", 6), List.of("tensors"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.run(scope, "add_everything", List.of(scope.create(1f))))
          .withMessageContaining("add_everything");
    }
  }

  /** Of a fragment all methods are compiled with what they call, and nothing else. */
  @Test
  void shouldCompileAFragmentWithWhatItCalls() {
    KernelSource source =
        new KernelSource(List.of("tensors", "optimizer", "optimizer_adamw", "optimizer_lion"));
    assertThat(source.fragmentOf("adamw")).isEqualTo("optimizer_adamw");
    String adamw = String.join("", source.with("optimizer_adamw"));
    assertThat(adamw)
        .contains("def adamw(", "def fused_adamw(", "def set_master(")
        .doesNotContain("def lion(", "def as_float32(");
  }

  /** An adapter's fragment takes the place of methods that blocks call. */
  @Test
  void shouldTakeTheLaterOfTwoMethods() {
    KernelSource source = new KernelSource(List.of("adapter", "adapter_ia3", "block", "linear"));
    String plain = String.join("", new KernelSource(List.of("adapter", "linear")).with("linear"));
    assertThat(source.fragmentOf("adapt_output")).isEqualTo("adapter");
    assertThat(String.join("", source.with("linear"))).contains("def adapt_output(");
    assertThat(String.join("", source.with("linear"))).isNotEqualTo(plain);
  }
}
