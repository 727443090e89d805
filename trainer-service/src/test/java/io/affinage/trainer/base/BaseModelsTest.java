package io.affinage.trainer.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.ModelView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseModelsTest {
  @TempDir Path folder;
  private ArtifactStore store;
  private Path allowed;
  private BaseModels bases;

  @BeforeEach
  void setUp() throws Exception {
    store = new FolderArtifactStore(folder.resolve("store"));
    allowed = Files.createDirectories(folder.resolve("models"));
    bases =
        new BaseModels(
            store,
            new ModelView(),
            (name, revision) -> {
              throw new AssertionError("no hub here");
            },
            List.of(allowed));
  }

  @Test
  void shouldKeepALocalFileAsAFolder() throws Exception {
    Path file = Files.writeString(allowed.resolve("tiny.gguf"), "GGUF");

    BaseModel base = find(new BaseReference.LocalPath(file.toString()));

    assertThat(base.name()).isEqualTo("tiny.gguf");
    assertThat(store.localFolder(base.folder().digest()).resolve("model.gguf")).hasContent("GGUF");
  }

  @Test
  void shouldTakeAStoredFileOrFolder() throws Exception {
    Artifact file = store.putFile(Files.writeString(folder.resolve("m"), "GGUF"));
    Path parts = Files.createDirectories(folder.resolve("parts"));
    Files.writeString(parts.resolve("config.json"), "{}");
    Artifact whole = store.putFolder(parts);

    assertThat(find(new BaseReference.Stored(whole.digest())).folder().digest())
        .isEqualTo(whole.digest());
    String wrapped = find(new BaseReference.Stored(file.digest())).folder().digest();
    assertThat(store.localFolder(wrapped).resolve("model.gguf")).hasContent("GGUF");
  }

  @Test
  void shouldSayPlainlyThatAModelIsUnknown() {
    assertThat(refused(new BaseReference.Registered("nobody")).detail().code())
        .isEqualTo("model_not_found");
    assertThat(refused(new BaseReference.Stored("sha256:" + "00".repeat(32))).detail().code())
        .isEqualTo("model_not_found");
    assertThat(refused(new BaseReference.LocalPath(allowed + "/absent")))
        .hasMessageContaining("there is no base model at");
  }

  @Test
  void shouldNotLeaveTheAllowedFolders() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "x");
    Files.createSymbolicLink(allowed.resolve("link"), secret);

    for (String path :
        List.of(secret.toString(), allowed + "/../secret", allowed + "/link", "/etc/passwd")) {
      assertThat(refused(new BaseReference.LocalPath(path)))
          .hasMessageContaining("outside the folders");
    }
  }

  private BaseModel find(BaseReference reference) throws Exception {
    return bases.find(reference, Files.createTempDirectory(folder, "work"));
  }

  private TrainingException refused(BaseReference reference) {
    return catchThrowableOfType(TrainingException.class, () -> find(reference));
  }
}
