package io.affinage.llm.tool;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/** A task that never ends by itself. */
final class EndlessTool {
  private EndlessTool() {}

  public static void main(String[] arguments) throws IOException {
    ToolProcess.main(
        request -> {
          System.err.println("began");
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new IllegalStateException("nobody ends it");
        });
  }
}
