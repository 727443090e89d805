package io.affinage.trainer.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.RolloutsSampled;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Recorded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What attempts of a job find on record, one after the other. */
class AttemptRecordTest {
  private static final String JOB = "job-1";
  private static final String POLICY = "sha256:" + "ab".repeat(32);

  @TempDir private Path folder;
  private FolderArtifactStore store;
  private final List<Recorded> log = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    store = new FolderArtifactStore(folder.resolve("store"));
  }

  private AttemptRecord attempt(int number) {
    return new AttemptRecord(
        JOB,
        new Lease(number),
        store,
        new StoreRetry(JOB, Optional::empty, waiting -> {}, 0, Duration.ofMillis(1)));
  }

  private Path file(String content) throws IOException {
    return Files.writeString(folder.resolve("file"), content);
  }

  private static String content(Path file) throws IOException {
    return Files.readString(file);
  }

  private void lose(int entry) throws IOException {
    String hex = ((RolloutsSampled) log.get(entry).data()).rollouts().digest().substring(7);
    Files.delete(
        folder.resolve("store/blobs/sha256/" + hex.substring(0, 2) + "/" + hex.substring(2)));
  }

  @Test
  void shouldFindWhatAnEarlierAttemptRecorded() throws Exception {
    AttemptRecord first = attempt(1);
    assertThat(first.sampled(0, POLICY)).isEmpty();
    first.recordSampled(0, POLICY, 2, file("answers"));
    assertThat(first.scores(0, POLICY)).isEmpty();
    first.recordScores(0, POLICY, file("scores"));

    AttemptRecord second = attempt(2);
    assertThat(content(second.sampled(0, POLICY).orElseThrow().file())).isEqualTo("answers");
    assertThat(content(second.scores(0, POLICY).orElseThrow())).isEqualTo("scores");
    assertThat(second.sampled(0, POLICY.replace('a', 'c'))).isEmpty();
    assertThat(second.sampled(1, POLICY)).isEmpty();
  }

  @Test
  void shouldFindBatchesOfWhatWasNotSampledToItsEnd() throws Exception {
    AttemptRecord first = attempt(1);
    first.recordBatch(0, POLICY, 0, 32, file("some"));
    first.recordBatch(0, POLICY, 1, 32, file("others"));

    AttemptRecord second = attempt(2);
    assertThat(second.sampled(0, POLICY)).isEmpty();
    assertThat(content(second.batch(0, POLICY, 0).orElseThrow())).isEqualTo("some");
    assertThat(content(second.batch(0, POLICY, 1).orElseThrow())).isEqualTo("others");
    assertThat(second.batch(0, POLICY, 2)).isEmpty();
    assertThat(second.batch(1, POLICY, 0)).isEmpty();
    assertThat(second.batch(0, POLICY.replace('a', 'c'), 0)).isEmpty();
    lose(1);
    assertThat(second.batch(0, POLICY, 1)).isEmpty();
    assertThat(second.slice()).isEmpty();
  }

  /** Another machine may sample others: these have no scores yet. */
  @Test
  void shouldNotGiveScoresOfAnswersThatAreLostToThoseThatReplaceThem() throws Exception {
    AttemptRecord first = attempt(1);
    first.recordSampled(0, POLICY, 2, file("answers"));
    first.recordScores(0, POLICY, file("scores"));
    lose(0);

    AttemptRecord second = attempt(2);
    assertThat(second.sampled(0, POLICY)).isEmpty();
    second.recordSampled(0, POLICY, 2, file("others"));
    assertThat(second.scores(0, POLICY)).isEmpty();
    second.recordScores(0, POLICY, file("scores of others"));
    assertThat(content(second.scores(0, POLICY).orElseThrow())).isEqualTo("scores of others");

    // They come back, and are not those that the weights were updated by.
    store.putFile(file("answers"));
    List<RecordFolder.Entry> slice = attempt(3).slice();
    assertThat(slice).hasSize(1);
    assertThat(content(slice.get(0).rollouts())).isEqualTo("others");
    assertThat(content(slice.get(0).scores())).isEqualTo("scores of others");
  }

  /** A lease whose log is a list. */
  private final class Lease implements AttemptLease {
    private final EventFactory events = new EventFactory("/test", Clock.systemUTC());
    private final int attempt;

    Lease(int attempt) {
      this.attempt = attempt;
    }

    @Override
    public int attempt() {
      return attempt;
    }

    @Override
    public String workerId() {
      return "w-" + attempt;
    }

    @Override
    public boolean held() {
      return true;
    }

    @Override
    public List<Recorded> recorded() throws TrainingException {
      return List.copyOf(log);
    }

    @Override
    public void record(EventData entry) {
      log.add(new Recorded(events.create(entry), log.size()));
    }

    @Override
    public void heartbeat(int step, Optional<ErrorDetail> waiting) {}

    @Override
    public void checkpointed(int step, ArtifactRef checkpoint, Double trainLoss) {}

    @Override
    public void progressed(EngineProgress progress) {}

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
