package io.affinage.service.work;

import static io.affinage.service.work.WorkBench.ANSWERS;
import static io.affinage.service.work.WorkBench.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.broker.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A record that kills every process that works on it, as one does that takes all memory. */
class DeathIT {

  @Test
  void shouldFindOutTheRecordThatKillsAndAnswerAllOthersOnce() throws Exception {
    try (TestBroker broker = TestBroker.start();
        WorkBench bench = new WorkBench(broker.bootstrapServers(), 1)) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        boolean dies = i == 30;
        bench.send(dies ? "die" : "ok-" + i, "a");
        expected.add(dies ? "error:die" : "ok-" + i);
      }
      bench.flush();
      int deaths = 0;
      boolean done = false;
      while (!done) {
        Process worker = worker(broker.bootstrapServers());
        try {
          await()
              .atMost(SOON)
              .until(() -> !worker.isAlive() || bench.keys(ANSWERS).containsAll(expected));
          done = worker.isAlive();
          deaths += done ? 0 : 1;
        } finally {
          worker.destroyForcibly();
          worker.waitFor(30, TimeUnit.SECONDS);
        }
        // The first one or two are not put down to the record: nothing was told before it began.
        assertThat(deaths).isLessThanOrEqualTo(WorkBench.config(null).deaths() + 2);
      }
      assertThat(bench.keys(ANSWERS)).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(bench.deadLetterReason("die")).startsWith("[service_died]");
    }
  }

  private static Process worker(String bootstrapServers) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            DyingWorker.class.getName(),
            bootstrapServers)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
