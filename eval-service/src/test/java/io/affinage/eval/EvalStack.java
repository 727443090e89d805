package io.affinage.eval;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.broker.testing.TestBroker;
import io.affinage.broker.testing.TestFolder;
import io.affinage.eval.llm.TinyModels;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ContentIds;
import io.affinage.events.EventJson;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.NormalRow;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** A real broker and an artifact store with a tiny model, its adapter and a dataset. */
public final class EvalStack implements QuarkusTestResourceLifecycleManager {
  private static ModelRegistered model;
  private static ModelRegistered untuned;
  private static ModelRegistered tireless;
  private static ModelRegistered unopened;
  private static ArtifactRef dataset;
  private static Path storeFolder;

  private TestBroker broker;
  private TestFolder temporary;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      new TopicProvisioner(admin, 2, 1).provision();
      temporary = TestFolder.create("affinage-eval-it");
      Path folder = temporary.path();
      prepare(ArtifactStores.open(folder.resolve("store").toString()), folder);
      Map<String, String> configuration = new HashMap<>(broker.quarkusConfiguration());
      configuration.put("affinage.artifacts", folder.resolve("store").toString());
      configuration.put("affinage.eval.device", "cpu");
      configuration.put("affinage.eval.queue", "1");
      configuration.put("affinage.eval.lease", "5s");
      configuration.put("affinage.eval.score-repeat", "2s");
      // Of hostile requests some are sound, and name a model that never comes.
      configuration.put("affinage.eval.model-wait", "2s");
      return configuration;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void prepare(ArtifactStore store, Path folder) throws IOException {
    TinyModels.write(folder.resolve("base"), folder.resolve("adapter"));
    ArtifactRef base = ref(store.putFolder(folder.resolve("base")));
    StringBuilder rows = new StringBuilder();
    for (String[] question : TinyModels.questions()) {
      String id = ContentIds.of(question[0]).substring(0, 16);
      rows.append(
              EventJson.mapper()
                  .writeValueAsString(
                      new NormalRow(id, null, question[0], question[1], null, null, null)))
          .append('\n');
    }
    Path version = Files.createDirectory(folder.resolve("version"));
    Files.writeString(version.resolve("train.jsonl"), rows);
    Files.writeString(version.resolve("test.jsonl"), rows);
    dataset = ref(store.putFolder(version));
    TrainingSpec spec = EventJson.mapper().readValue("{\"method\":\"sft\"}", TrainingSpec.class);
    Lineage lineage = new Lineage(dataset.digest(), base.digest(), spec, 7, "test");
    ArtifactRef adapter = ref(store.putFolder(folder.resolve("adapter")));
    model = registered("tiny:colours:1", ModelRegistered.Kind.ADAPTER, adapter, base, lineage);
    TinyModels.writeTireless(folder.resolve("tireless"));
    ArtifactRef files = ref(store.putFolder(folder.resolve("tireless")));
    tireless = registered("tiny:tireless:1", ModelRegistered.Kind.FULL, files, null, lineage);
    Files.writeString(folder.resolve("tireless/NOTE.md"), "Nobody has opened this one.");
    ArtifactRef unopenedFiles = ref(store.putFolder(folder.resolve("tireless")));
    unopened =
        registered("tiny:unopened:1", ModelRegistered.Kind.FULL, unopenedFiles, null, lineage);
    storeFolder = folder.resolve("store");
    untuned = registered("tiny:same:1", ModelRegistered.Kind.FULL, base, base, lineage);
  }

  private static ModelRegistered registered(
      String id, ModelRegistered.Kind kind, ArtifactRef files, ArtifactRef base, Lineage lineage) {
    return Settings.build(ModelRegistered.class)
        .with("modelId", id)
        .with("jobId", "job-" + id)
        .with("attempt", 1)
        .with("workerId", "worker")
        .with("kind", kind)
        .with("model", files)
        .with("baseModel", "hub:affinage/tiny")
        .with("base", base)
        .with("dataset", dataset)
        .with("lineage", lineage)
        .with("trainedTokens", 1_000)
        .with("metrics", Map.of("train_loss", 0.1))
        .with("createdAt", 1_760_000_000)
        .record();
  }

  private static ArtifactRef ref(Artifact artifact) {
    return new ArtifactRef(
        artifact.digest(), ArtifactRef.Kind.valueOf(artifact.kind().name()), artifact.size());
  }

  /** An adapter that knows the answers. */
  public static ModelRegistered model() {
    return model;
  }

  /** A full model that is its base. */
  public static ModelRegistered untuned() {
    return untuned;
  }

  /** A full model without a base, which answers as long as it may. */
  public static ModelRegistered tireless() {
    return tireless;
  }

  /** A full model of which the store shows no folder yet. */
  public static ModelRegistered unopened() {
    return unopened;
  }

  /** From now on the store can show no new folder. */
  public static void breakStore() throws IOException {
    Files.move(storeFolder.resolve("tmp"), storeFolder.resolve("tmp-aside"));
    Files.createFile(storeFolder.resolve("tmp"));
  }

  public static void mendStore() throws IOException {
    Files.delete(storeFolder.resolve("tmp"));
    Files.move(storeFolder.resolve("tmp-aside"), storeFolder.resolve("tmp"));
  }

  public static ArtifactRef dataset() {
    return dataset;
  }

  @Override
  public void stop() {
    if (broker != null) {
      broker.close();
    }
    if (temporary != null) {
      temporary.close();
    }
  }
}
