package io.affinage.llm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ThreadPairTest {
  ThreadPairTest() {
    Engine.getEngine("PyTorch");
  }

  @Test
  void shouldHalveTheThreadsOfOperationsForItselfAlone() throws InterruptedException {
    int all = JniUtils.getNumThreads();
    try (ThreadPair pair = pair()) {
      assertThat(pair.run(JniUtils::getNumThreads, JniUtils::getNumThreads))
          .containsExactly(all / 2, all / 2);
      assertThat(JniUtils.getNumThreads()).isEqualTo(all);
      int[] later = new int[1];
      Thread thread = new Thread(() -> later[0] = JniUtils.getNumThreads());
      thread.start();
      thread.join();
      assertThat(later[0]).isEqualTo(all);
    }
  }

  @Test
  void shouldDoBothAtOnce() {
    CountDownLatch both = new CountDownLatch(2);
    try (ThreadPair pair = pair()) {
      assertThat(pair.run(() -> meet(both, "one"), () -> meet(both, "other")))
          .containsExactly("one", "other");
    }
  }

  @Test
  void shouldThrowWhatEitherThrewWhenBothHaveEnded() {
    AtomicBoolean ended = new AtomicBoolean();
    try (ThreadPair pair = pair()) {
      CountDownLatch failing = new CountDownLatch(1);
      assertThatThrownBy(
              () ->
                  pair.run(
                      () -> {
                        failing.countDown();
                        throw new IllegalStateException("the first half");
                      },
                      () -> {
                        meet(failing, "");
                        ended.set(true);
                        return "";
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the first half");
      assertThat(ended).isTrue();
      assertThatThrownBy(
              () ->
                  pair.run(
                      () -> "",
                      () -> {
                        throw new OutOfMemoryError("the second half");
                      }))
          .isInstanceOf(OutOfMemoryError.class);
      assertThat(pair.run(() -> 1, () -> 2)).containsExactly(1, 2);
    }
  }

  private static String meet(CountDownLatch both, String result) {
    both.countDown();
    try {
      both.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return result;
  }

  private static ThreadPair pair() {
    return ThreadPair.start()
        .orElseGet(() -> Assumptions.abort("this machine has no even number of processors"));
  }
}
