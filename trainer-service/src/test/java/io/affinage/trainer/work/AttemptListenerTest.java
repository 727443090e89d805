package io.affinage.trainer.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EventData;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.Warning;
import io.affinage.trainer.engine.EngineBlock;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.job.Recorded;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttemptListenerTest {
  private static final String JOB = "ftjob-1";

  @TempDir private Path folder;
  private final List<EngineProgress> told = new ArrayList<>();

  private AttemptListener listener() throws IOException {
    Lease lease = new Lease();
    FolderArtifactStore artifacts = new FolderArtifactStore(folder.resolve("store"));
    StoreRetry store = new StoreRetry(JOB, Optional::empty, waiting -> {}, 0, Duration.ofMillis(1));
    return new AttemptListener(
        JOB,
        lease,
        artifacts,
        new SilentMetrics(),
        Duration.ofHours(1),
        Optional::empty,
        store,
        new AttemptRecord(JOB, lease, artifacts, store));
  }

  private static EngineBlock block(int layer, boolean backward) {
    return new EngineBlock(layer, 80, backward, 1, 0.1, 0.2, 0.3);
  }

  @Test
  void shouldTellOnceInAWhileHowFarAStepIsWithTheNumbersOfTheLastOne() throws IOException {
    AttemptListener listener = listener();
    listener.onStep(
        new EngineProgress(
            3,
            9,
            1.5,
            1e-4,
            400,
            2.0,
            60.0,
            Map.of("grad_norm", 0.5),
            List.of(new Warning("code", "once")),
            Optional.empty()));

    listener.onBlock(block(69, true));
    listener.onBlock(block(68, true));

    assertThat(told).hasSize(2);
    assertThat(told.get(0).pass()).isEmpty();
    EngineProgress within = told.get(1);
    assertThat(within.pass()).contains(new TrainingProgressed.Pass("backward", 11, 80));
    assertThat(within.step()).isEqualTo(3);
    assertThat(within.trainLoss()).isEqualTo(1.5);
    assertThat(within.metrics()).containsEntry("grad_norm", 0.5);
    assertThat(within.warnings()).as("told with their step").isEmpty();
  }

  @Test
  void shouldTellHowFarTheBaseIsBeforeTheFirstStep() throws IOException {
    AttemptListener listener = listener();

    listener.onQuantized(7, 560);

    assertThat(told).hasSize(1);
    assertThat(told.get(0).pass()).contains(new TrainingProgressed.Pass("quantize", 7, 560));
    assertThat(told.get(0).step()).isZero();
    assertThat(told.get(0).trainLoss()).isNull();
  }

  /** A lease of which progress alone is heard. */
  private final class Lease implements AttemptLease {
    @Override
    public int attempt() {
      return 1;
    }

    @Override
    public String workerId() {
      return "w";
    }

    @Override
    public boolean held() {
      return true;
    }

    @Override
    public void heartbeat(int step, Optional<ErrorDetail> waiting) {}

    @Override
    public void checkpointed(int step, ArtifactRef checkpoint, Double trainLoss) {}

    @Override
    public void progressed(EngineProgress progress) {
      told.add(progress);
    }

    @Override
    public List<Recorded> recorded() {
      return List.of();
    }

    @Override
    public void record(EventData entry) {}

    @Override
    public void release(String reason) {}

    @Override
    public void giveBack(ErrorDetail why) {}

    @Override
    public void end(EventData terminal, List<EventData> onward) {}

    @Override
    public void close() {}
  }
}
