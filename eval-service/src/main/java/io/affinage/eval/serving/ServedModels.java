package io.affinage.eval.serving;

import io.affinage.eval.job.ModelBoard;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ModelRegistered;
import io.affinage.events.quantization.QuantizationSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The models that can be asked by name: registered ones, and the bases that they were tuned from.
 */
public final class ServedModels {
  private final ModelBoard board;

  public ServedModels(ModelBoard board) {
    this.board = board;
  }

  /**
   * A model that can be asked.
   *
   * @param id its name for clients
   * @param full the full model's files
   * @param adapter put on it, if any
   * @param created seconds since 1970
   * @param registration empty for a base
   */
  public record Served(
      String id,
      ArtifactRef full,
      Optional<ArtifactRef> adapter,
      long created,
      Optional<ModelBoard.Model> registration) {

    /** In what form the adapter's base was trained beside; null for its own numbers. */
    public @Nullable QuantizationSpec trained() {
      return adapter.isEmpty() || registration.isEmpty()
          ? null
          : registration.get().registration().lineage().spec().quantization();
    }

    /** The adapter, where its base was changed for it before it was quantized; or else null. */
    public @Nullable ArtifactRef changedFor() {
      return trained() != null
              && registration.get().registration().lineage().spec().changesQuantizedBase()
          ? adapter.get()
          : null;
    }
  }

  /** All, registered ones first, newest first. */
  public List<Served> all() {
    Map<String, Served> served = new LinkedHashMap<>();
    List<ModelBoard.Model> models = board.all();
    models.forEach(model -> served.put(model.registration().modelId(), of(model)));
    List<Served> bases = new ArrayList<>();
    models.forEach(model -> base(model.registration()).ifPresent(bases::add));
    bases.forEach(base -> served.putIfAbsent(base.id(), base));
    return List.copyOf(served.values());
  }

  /**
   * The model of a name: a registered model's id, a base's name as it was given to training, or the
   * digest of its files.
   */
  public Optional<Served> find(String name) {
    Optional<Served> registered = board.find(name).map(ServedModels::of);
    if (registered.isPresent()) {
      return registered;
    }
    String digest = name.startsWith("artifact:") ? name.substring("artifact:".length()) : name;
    return board.all().stream()
        .flatMap(model -> base(model.registration()).stream())
        .filter(
            base ->
                base.id().equals(name)
                    || base.adapter().isEmpty() && base.full().digest().equals(digest))
        .findFirst();
  }

  private static Served of(ModelBoard.Model model) {
    ModelRegistered registration = model.registration();
    boolean adapter = registration.kind() == ModelRegistered.Kind.ADAPTER;
    return new Served(
        registration.modelId(),
        adapter ? registration.base() : registration.model(),
        adapter ? Optional.of(registration.model()) : Optional.empty(),
        registration.createdAt(),
        Optional.of(model));
  }

  private static Optional<Served> base(ModelRegistered model) {
    return Optional.ofNullable(model.base())
        .map(
            files ->
                new Served(
                    model.baseModel(),
                    files,
                    Optional.ofNullable(model.parentAdapter()),
                    model.createdAt(),
                    Optional.empty()));
  }
}
