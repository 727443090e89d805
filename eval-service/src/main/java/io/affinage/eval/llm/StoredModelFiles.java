package io.affinage.eval.llm;

import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.eval.EvaluationException;
import io.affinage.events.ArtifactRef;
import java.io.IOException;
import java.nio.file.Path;

/** Model files as local paths. */
final class StoredModelFiles {
  private final ArtifactStore store;

  StoredModelFiles(ArtifactStore store) {
    this.store = store;
  }

  /**
   * @throws EvaluationException {@code model_not_found}, {@code store_unavailable}
   */
  Path path(ArtifactRef ref) {
    try {
      return ref.kind() == ArtifactRef.Kind.FOLDER
          ? store.localFolder(ref.digest())
          : store.localFile(ref.digest());
    } catch (ArtifactNotFoundException e) {
      throw new EvaluationException("model_not_found", e.getMessage(), "model", e);
    } catch (IOException e) {
      throw new EvaluationException(
          "store_unavailable",
          "the model's files cannot be read from the artifact store: " + e.getMessage(),
          null,
          e);
    }
  }
}
