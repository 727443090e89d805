package io.affinage.eval.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.eval.job.ModelBoard;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServedModelsTest {
  private static final ArtifactRef WHOLE = folder("11");
  private static final ArtifactRef FIRST = folder("22");
  private static final ArtifactRef SECOND = folder("33");

  private final ModelBoard board = new ModelBoard();
  private final ServedModels served = new ServedModels(board);

  /** The base of an adapter that was trained on is that adapter, not the whole model alone. */
  @Test
  void shouldServeAnAdapterThatAnotherWentOnFrom() {
    board.registered(adapter("tiny:b:2", SECOND, "tiny:a:1", FIRST));

    assertThat(served.find("tiny:b:2").orElseThrow().adapter()).contains(SECOND);
    ServedModels.Served parent = served.find("tiny:a:1").orElseThrow();
    assertThat(parent.full()).isEqualTo(WHOLE);
    assertThat(parent.adapter()).contains(FIRST);
    // Its files' digest means those files alone.
    assertThat(served.find("artifact:" + WHOLE.digest())).isEmpty();

    board.registered(adapter("tiny:a:1", FIRST, "owner/name", null));
    assertThat(served.find("tiny:a:1").orElseThrow().registration()).isPresent();
    assertThat(served.find("artifact:" + WHOLE.digest()).orElseThrow().adapter()).isEmpty();
    assertThat(served.all())
        .extracting(ServedModels.Served::id)
        .containsExactlyInAnyOrder("tiny:a:1", "tiny:b:2", "owner/name");
  }

  private static ModelRegistered adapter(
      String id, ArtifactRef adapter, String baseModel, ArtifactRef parent) {
    return Settings.build(ModelRegistered.class)
        .with("modelId", id)
        .with("jobId", "ftjob-1")
        .with("attempt", 1)
        .with("workerId", "worker")
        .with("kind", ModelRegistered.Kind.ADAPTER)
        .with("model", adapter)
        .with("baseModel", baseModel)
        .with("base", WHOLE)
        .with("dataset", adapter)
        .with(
            "lineage",
            new Lineage(
                adapter.digest(),
                WHOLE.digest(),
                SpecResolver.empty(),
                0,
                "test",
                parent == null ? null : parent.digest(),
                null))
        .with("trainedTokens", 10)
        .with("metrics", Map.of())
        .with("createdAt", 1)
        .with("parentAdapter", parent)
        .record();
  }

  private static ArtifactRef folder(String digits) {
    return new ArtifactRef("sha256:" + digits.repeat(32), ArtifactRef.Kind.FOLDER, 7);
  }
}
