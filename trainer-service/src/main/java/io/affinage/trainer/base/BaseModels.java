package io.affinage.trainer.base;

import io.affinage.artifacts.ArtifactFault;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.events.ArtifactRef;
import io.affinage.events.LearnedRewards;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.ModelView;
import io.affinage.trainer.job.Refs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the files of a base model and keeps them in the artifact store. */
public final class BaseModels {
  private final ArtifactStore artifacts;
  private final ModelView registered;
  private final HubModels hub;
  private final List<Path> roots;

  /**
   * @param roots folders below which {@code file:} paths may lie; empty allows none
   */
  public BaseModels(
      ArtifactStore artifacts, ModelView registered, HubModels hub, List<Path> roots) {
    this.artifacts = artifacts;
    this.registered = registered;
    this.hub = hub;
    this.roots = List.copyOf(roots);
  }

  /**
   * @param spec what is trained from it: a reward model is a base of reward models alone
   * @throws TrainingException when there is no such model
   * @throws IOException when the artifact store or the hub cannot be reached
   */
  public BaseModel find(BaseReference reference, TrainingSpec spec, Path workFolder)
      throws TrainingException, IOException {
    if (reference instanceof BaseReference.Stored stored) {
      return new BaseModel("artifact:" + stored.digest(), stored(stored.digest(), workFolder));
    }
    if (reference instanceof BaseReference.Registered named) {
      return registered(named.modelId(), spec);
    }
    if (reference instanceof BaseReference.Hub model) {
      return new BaseModel(
          model.name(),
          put(hub.fetch(model.name(), model.revision())),
          null,
          model.revision() == null ? model.name() : model.name() + "@" + model.revision());
    }
    if (reference instanceof BaseReference.LocalPath local) {
      Path path = allowed(local.path());
      return new BaseModel(
          path.getFileName().toString(),
          Files.isDirectory(path) ? put(path) : putFile(path, workFolder),
          null,
          path.toString());
    }
    return new BaseModel("scratch", null);
  }

  private ArtifactRef stored(String digest, Path workFolder) throws TrainingException, IOException {
    if (!artifacts.has(digest)) {
      throw notFound("the artifact store has no base model " + digest);
    }
    try {
      return put(artifacts.localFolder(digest));
    } catch (ArtifactStoreException e) {
      if (e.fault() != ArtifactFault.ARTIFACT_NOT_A_FOLDER) {
        throw e;
      }
      return putFile(artifacts.localFile(digest), workFolder);
    }
  }

  private BaseModel registered(String modelId, TrainingSpec spec) throws TrainingException {
    ModelRegistered model =
        registered
            .find(modelId)
            .orElseThrow(
                () ->
                    notFound(
                        "no model is registered as '"
                            + modelId
                            + "'; see GET /v1/models for those that are, or name a hub model as"
                            + " owner/name"));
    if (LearnedRewards.isMadeBy(model.lineage().spec()) && !LearnedRewards.isMadeBy(spec)) {
      throw new TrainingException(
          "unsupported_base_model",
          "'"
              + modelId
              + "' is a reward model, which scores answers and gives none: train from the model"
              + " that it was trained from",
          "model");
    }
    if (model.kind() == ModelRegistered.Kind.FULL) {
      return new BaseModel(modelId, model.model());
    }
    if (model.base() == null) {
      throw new TrainingException(
          "unsupported_base_model",
          "the base model '" + modelId + "' is an adapter whose own base is not known",
          "model");
    }
    return new BaseModel(modelId, model.base(), model.model(), model.baseName());
  }

  /**
   * The digests of the reward models that a training names, by their role.
   *
   * @throws TrainingException when one of them is no registered reward model
   */
  public Map<String, String> rewards(TrainingSpec spec) throws TrainingException {
    return rewards(LearnedRewards.of(spec));
  }

  /** As for a training that names these models, by their role. */
  public Map<String, String> rewards(Map<String, String> models) throws TrainingException {
    Map<String, String> digests = new LinkedHashMap<>();
    for (Map.Entry<String, String> named : models.entrySet()) {
      Optional<ModelRegistered> model = registered.find(named.getValue());
      if (model.isEmpty()) {
        throw new TrainingException(
            "reward_model_not_found",
            "no model is registered as '" + named.getValue() + "', which is to score answers",
            "objective." + named.getKey());
      }
      if (!LearnedRewards.isMadeBy(model.get().lineage().spec())) {
        throw new TrainingException(
            "not_a_reward_model",
            "'"
                + named.getValue()
                + "' is to score answers, and was not trained for that (objective reward_model)",
            "objective." + named.getKey());
      }
      digests.put(named.getKey(), model.get().model().digest());
    }
    return digests;
  }

  /** Whether every reward model that a training names has been heard of here. */
  public boolean areKnown(TrainingSpec spec) {
    return LearnedRewards.of(spec).values().stream()
        .allMatch(model -> registered.find(model).isPresent());
  }

  /**
   * Whether a registered model that a reference means has been heard of here; true for references
   * of other kinds.
   */
  public boolean isKnown(BaseReference reference) {
    return !(reference instanceof BaseReference.Registered named)
        || registered.find(named.modelId()).isPresent();
  }

  /**
   * How the adapter was trained that a reference means; empty for whole models and for what is not
   * known.
   */
  public Optional<AdapterSpec> parentAdapter(BaseReference reference) {
    return reference instanceof BaseReference.Registered named
        ? registered
            .find(named.modelId())
            .filter(model -> model.kind() == ModelRegistered.Kind.ADAPTER)
            .map(model -> model.lineage().spec().adapter())
        : Optional.empty();
  }

  private Path allowed(String text) throws TrainingException, IOException {
    Path path;
    try {
      path = Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw notFound("the base model's path '" + text + "' cannot be read: " + e.getReason());
    }
    // Checked before the disk is looked at, so that an answer tells nothing about other folders.
    if (roots.stream().noneMatch(r -> path.startsWith(r.toAbsolutePath().normalize()))) {
      throw outside(path);
    }
    if (!Files.exists(path)) {
      throw notFound("there is no base model at " + path);
    }
    Path real = path.toRealPath();
    for (Path root : roots) {
      if (Files.exists(root) && real.startsWith(root.toRealPath())) {
        return real;
      }
    }
    throw outside(path);
  }

  private TrainingException outside(Path path) {
    String known =
        roots.isEmpty()
            ? "none is allowed here"
            : "allowed are " + roots.stream().map(Path::toString).collect(Collectors.joining(", "));
    return notFound(
        "the base model's path "
            + path
            + " is outside the folders that base models may come from: "
            + known
            + " (setting affinage.trainer.base-model-roots)");
  }

  private ArtifactRef put(Path folder) throws IOException {
    return Refs.of(artifacts.putFolder(folder));
  }

  /** A single file becomes a folder with that file, so that every base is a folder. */
  private ArtifactRef putFile(Path file, Path workFolder) throws IOException {
    Path folder = Files.createDirectories(workFolder.resolve("base"));
    Path link = folder.resolve("model.gguf");
    Files.deleteIfExists(link);
    try {
      Files.createLink(link, file);
    } catch (IOException | UnsupportedOperationException otherVolume) {
      Files.copy(file, link);
    }
    return put(folder);
  }

  private static TrainingException notFound(String message) {
    return new TrainingException(BaseReference.NOT_FOUND, message, "model");
  }
}
