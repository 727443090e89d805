package io.affinage.trainer.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.GrpoSpec;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.ModelView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseModelsTest {
  @TempDir Path folder;
  private ArtifactStore store;
  private Path allowed;
  private final ModelView models = new ModelView();
  private BaseModels bases;

  @BeforeEach
  void setUp() throws Exception {
    store = new FolderArtifactStore(folder.resolve("store"));
    allowed = Files.createDirectories(folder.resolve("models"));
    bases =
        new BaseModels(
            store,
            models,
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

  /** An adapter stands for itself on its base; the user's name of the base goes along. */
  @Test
  void shouldFindAnAdapterOnItsBase() throws Exception {
    ArtifactRef whole = new ArtifactRef("sha256:" + "11".repeat(32), ArtifactRef.Kind.FOLDER, 7);
    ArtifactRef lora = new ArtifactRef("sha256:" + "22".repeat(32), ArtifactRef.Kind.FOLDER, 3);
    AdapterSpec settings = new LoraSpec(4, 8.0, 0.0, false, List.of("all-linear"), null, null);
    models.registered(registered("tiny:a:1", lora, whole, settings));
    BaseReference reference = new BaseReference.Registered("tiny:a:1");

    BaseModel base = find(reference);

    assertThat(base.name()).isEqualTo("tiny:a:1");
    assertThat(base.folder()).isEqualTo(whole);
    assertThat(base.adapter()).isEqualTo(lora);
    assertThat(base.origin()).isEqualTo("owner/name");
    assertThat(base.nameInAdapters()).isEqualTo("artifact:" + whole.digest());
    assertThat(bases.parentAdapter(reference)).contains(settings);
    assertThat(bases.parentAdapter(new BaseReference.Registered("nobody"))).isEmpty();
  }

  @Test
  void shouldRefuseAnAdapterWhoseBaseIsNotKnown() {
    ArtifactRef lora = new ArtifactRef("sha256:" + "22".repeat(32), ArtifactRef.Kind.FOLDER, 3);
    models.registered(registered("tiny:b:2", lora, null, null));
    assertThat(refused(new BaseReference.Registered("tiny:b:2")).detail().code())
        .isEqualTo("unsupported_base_model");
  }

  /** A reward model scores and is no base; what is no reward model scores nothing. */
  @Test
  void shouldTakeARewardModelForItsRoleAlone() throws Exception {
    ArtifactRef whole = new ArtifactRef("sha256:" + "11".repeat(32), ArtifactRef.Kind.FOLDER, 7);
    ArtifactRef lora = new ArtifactRef("sha256:" + "22".repeat(32), ArtifactRef.Kind.FOLDER, 3);
    ArtifactRef scores = new ArtifactRef("sha256:" + "33".repeat(32), ArtifactRef.Kind.FOLDER, 3);
    models.registered(registered("tiny:sft:1", lora, whole, null));
    models.registered(registered("tiny:rm:2", scores, whole, null, "reward_model"));

    assertThat(refused(new BaseReference.Registered("tiny:rm:2")))
        .hasMessageContaining("is a reward model");
    TrainingSpec further =
        Settings.build(TrainingSpec.class).with("method", "reward_model").record();
    BaseModel trainedOn = find(new BaseReference.Registered("tiny:rm:2"), further);
    assertThat(trainedOn.folder()).isEqualTo(whole);
    assertThat(trainedOn.adapter()).isEqualTo(scores);
    assertThat(bases.rewards(rewardedBy("tiny:rm:2"))).isEqualTo(Map.of("reward", scores.digest()));
    assertThat(bases.areKnown(rewardedBy("tiny:rm:2"))).isTrue();
    assertThat(bases.areKnown(rewardedBy("nobody"))).isFalse();
    assertThatThrownBy(() -> bases.rewards(rewardedBy("nobody")))
        .isInstanceOfSatisfying(
            TrainingException.class,
            e -> {
              assertThat(e.detail().code()).isEqualTo("reward_model_not_found");
              assertThat(e.detail().param()).isEqualTo("objective.reward");
            });
    assertThatThrownBy(() -> bases.rewards(rewardedBy("tiny:sft:1")))
        .isInstanceOfSatisfying(
            TrainingException.class,
            e -> assertThat(e.detail().code()).isEqualTo("not_a_reward_model"));
  }

  private static TrainingSpec rewardedBy(String model) {
    return Settings.build(TrainingSpec.class)
        .with(
            "objective",
            Settings.build(GrpoSpec.class).with("reward", new RewardSpec.Model(model)).record())
        .record();
  }

  private static ModelRegistered registered(
      String id, ArtifactRef adapter, ArtifactRef base, AdapterSpec settings) {
    return registered(id, adapter, base, settings, "sft");
  }

  private static ModelRegistered registered(
      String id, ArtifactRef adapter, ArtifactRef base, AdapterSpec settings, String method) {
    TrainingSpec spec =
        Settings.build(TrainingSpec.class)
            .with("method", method)
            .with("adapter", settings)
            .record();
    return Settings.build(ModelRegistered.class)
        .with("modelId", id)
        .with("jobId", "ftjob-1")
        .with("attempt", 1)
        .with("workerId", "worker")
        .with("kind", ModelRegistered.Kind.ADAPTER)
        .with("model", adapter)
        .with("baseModel", "owner/name")
        .with("base", base)
        .with("dataset", adapter)
        .with(
            "lineage",
            new Lineage(adapter.digest(), base == null ? null : base.digest(), spec, 0, "test"))
        .with("trainedTokens", 10)
        .with("metrics", Map.of())
        .with("createdAt", 1)
        .with("baseName", "owner/name")
        .record();
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
    return find(reference, SpecResolver.empty());
  }

  private BaseModel find(BaseReference reference, TrainingSpec spec) throws Exception {
    return bases.find(reference, spec, Files.createTempDirectory(folder, "work"));
  }

  private TrainingException refused(BaseReference reference) {
    return catchThrowableOfType(TrainingException.class, () -> find(reference));
  }
}
