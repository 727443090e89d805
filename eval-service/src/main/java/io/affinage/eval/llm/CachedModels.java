package io.affinage.eval.llm;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.model.LanguageModel;
import io.affinage.eval.model.ModelPair;
import io.affinage.eval.model.ModelSource;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ModelRegistered;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.micrometer.core.instrument.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Registered models from the shelf: an adapter is put on its base, which is in memory once. */
final class CachedModels implements ModelSource {
  private final ModelCache cache;
  private final ModelFiles files;
  private final Counter generated;

  CachedModels(ModelCache cache, ModelFiles files, Counter generated) {
    this.cache = cache;
    this.files = files;
    this.generated = generated;
  }

  @Override
  public ModelPair open(ModelRegistered model) {
    if (model.kind() == ModelRegistered.Kind.FULL) {
      ModelCache.Hold tuned = cache.take(model.model());
      try {
        Optional<ModelCache.Hold> base = Optional.ofNullable(model.base()).map(cache::take);
        return new Pair(
            base.map(this::plain),
            plain(tuned),
            () -> {
              tuned.close();
              base.ifPresent(ModelCache.Hold::close);
            });
      } catch (RuntimeException e) {
        tuned.close();
        throw e;
      }
    }
    if (model.base() == null) {
      throw new EvaluationException(
          "model_invalid",
          "model %s is an adapter without a base".formatted(model.modelId()),
          "model.base");
    }
    ModelCache.Hold base = cache.take(model.base());
    List<AutoCloseable> holds = new ArrayList<>(List.of(base));
    try {
      LoadedModel loaded = base.model();
      // What training went on from is what it is compared with.
      BlockAdapter before =
          model.parentAdapter() == null
              ? loaded.none()
              : adapter(loaded, model.parentAdapter(), holds);
      return new Pair(
          Optional.of(new MeasuredModel(loaded, before, generated)),
          new MeasuredModel(loaded, adapter(loaded, model.model(), holds), generated),
          () -> release(holds));
    } catch (RuntimeException e) {
      release(holds);
      throw e;
    }
  }

  private LanguageModel plain(ModelCache.Hold hold) {
    return new MeasuredModel(hold.model(), hold.model().none(), generated);
  }

  private BlockAdapter adapter(LoadedModel base, ArtifactRef adapter, List<AutoCloseable> holds) {
    try {
      LoadedModel.Hold hold = base.adapter(adapter.digest(), () -> files.path(adapter));
      holds.add(hold);
      return hold.adapter();
    } catch (LlmException e) {
      throw new EvaluationException(e.code(), e.getMessage(), "model", e);
    }
  }

  private static void release(List<AutoCloseable> holds) {
    // Adapters before the model that they are on.
    for (int i = holds.size() - 1; i >= 0; i--) {
      try {
        holds.get(i).close();
      } catch (Exception e) {
        throw new IllegalStateException("cannot release " + holds.get(i), e);
      }
    }
  }

  private record Pair(Optional<LanguageModel> base, LanguageModel tuned, Runnable release)
      implements ModelPair {
    @Override
    public void close() {
      release.run();
    }
  }
}
