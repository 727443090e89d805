package io.affinage.eval.llm;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.model.LanguageModel;
import io.affinage.eval.model.ModelPair;
import io.affinage.eval.model.ModelSource;
import io.affinage.events.ModelRegistered;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.micrometer.core.instrument.Counter;
import java.util.Optional;

/** Registered models from the shelf: an adapter is put on its base, which is in memory once. */
final class ShelfModels implements ModelSource {
  private final ModelShelf shelf;
  private final ModelFiles files;
  private final Counter generated;

  ShelfModels(ModelShelf shelf, ModelFiles files, Counter generated) {
    this.shelf = shelf;
    this.files = files;
    this.generated = generated;
  }

  @Override
  public ModelPair open(ModelRegistered model) {
    if (model.kind() == ModelRegistered.Kind.FULL) {
      ModelShelf.Hold tuned = shelf.take(model.model());
      try {
        Optional<ModelShelf.Hold> base = Optional.ofNullable(model.base()).map(shelf::take);
        return new Pair(
            base.map(this::plain),
            plain(tuned),
            () -> {
              tuned.close();
              base.ifPresent(ModelShelf.Hold::close);
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
    ModelShelf.Hold base = shelf.take(model.base());
    try {
      return new Pair(
          Optional.of(plain(base)),
          new MeasuredModel(base.model(), adapter(base.model(), model), generated),
          base::close);
    } catch (RuntimeException e) {
      base.close();
      throw e;
    }
  }

  private LanguageModel plain(ModelShelf.Hold hold) {
    return new MeasuredModel(hold.model(), hold.model().none(), generated);
  }

  private BlockAdapter adapter(LoadedModel base, ModelRegistered model) {
    try {
      return base.adapter(model.model().digest(), () -> files.path(model.model()));
    } catch (LlmException e) {
      throw new EvaluationException(e.code(), e.getMessage(), "model", e);
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
