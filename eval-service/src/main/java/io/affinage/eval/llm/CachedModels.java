package io.affinage.eval.llm;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.model.EvaluatedModel;
import io.affinage.eval.model.ModelPair;
import io.affinage.eval.model.ModelSource;
import io.affinage.eval.model.RewardScorer;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ModelRegistered;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.reward.RewardModel;
import io.micrometer.core.instrument.Counter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Registered models from the cache: adapters are put on their base, which is in memory once. */
final class CachedModels implements ModelSource {
  private final ModelCache cache;
  private final StoredModelFiles files;
  private final Counter generated;

  CachedModels(ModelCache cache, StoredModelFiles files, Counter generated) {
    this.cache = cache;
    this.files = files;
    this.generated = generated;
  }

  /**
   * A whole model's files, and in what form an adapter was trained beside them: it is measured, as
   * what training began with, on the numbers that they have there.
   *
   * @param changedFor the adapter for which these were changed before; null where they were not
   */
  private record Whole(
      ArtifactRef files, @Nullable QuantizationSpec trained, @Nullable ArtifactRef changedFor) {
    static Whole baseOf(ModelRegistered model) {
      return model.kind() == ModelRegistered.Kind.ADAPTER
          ? new Whole(
              model.base(),
              model.lineage().spec().quantization(),
              model.lineage().spec().changesQuantizedBase() ? model.model() : null)
          : new Whole(model.base(), null, null);
    }
  }

  /**
   * What a model is made of: models of the same parts are the same.
   *
   * @param adapter null for a whole model
   */
  private record Parts(Whole whole, @Nullable ArtifactRef adapter) {
    static Parts of(ModelRegistered model) {
      if (model.kind() == ModelRegistered.Kind.FULL) {
        return new Parts(new Whole(model.model(), null, null), null);
      }
      if (model.base() == null) {
        throw new EvaluationException(
            "model_invalid",
            "model %s is an adapter without a base".formatted(model.modelId()),
            "model.base");
      }
      return new Parts(Whole.baseOf(model), model.model());
    }

    /** What training went on from is what a model is compared with. */
    static Optional<Parts> before(ModelRegistered model) {
      return Optional.ofNullable(model.base())
          .map(base -> new Parts(Whole.baseOf(model), model.parentAdapter()));
    }
  }

  @Override
  public ModelPair open(ModelRegistered model, Map<String, Optional<ModelRegistered>> compared) {
    Parts tuned = Parts.of(model);
    Optional<Parts> before = Parts.before(model);
    Map<String, Parts> others = new LinkedHashMap<>();
    compared.forEach(
        (name, other) -> others.put(name, other.map(Parts::of).orElseGet(() -> base(model))));
    Optional<String> reference =
        others.keySet().stream()
            .filter(name -> before.filter(others.get(name)::equals).isPresent())
            .findFirst();
    Opened opened = new Opened();
    try {
      Optional<EvaluatedModel> base = before.map(opened::model);
      Map<String, EvaluatedModel> models = new LinkedHashMap<>();
      others.forEach((name, parts) -> models.put(name, opened.model(parts)));
      return new Pair(base, opened.model(tuned), models, reference, opened);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public RewardScorer openScorer(ModelRegistered model) {
    Opened opened = new Opened();
    try {
      return scorer(Parts.of(model), opened);
    } catch (LlmException e) {
      opened.close();
      throw new EvaluationException(e.code(), e.getMessage(), "model", e);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private RewardScorer scorer(Parts parts, Opened opened) {
    Path whole = files.path(parts.whole().files());
    if (parts.adapter() == null) {
      RewardModel model = RewardModel.open(whole, cache.compute());
      opened.add(model);
      return new ScoredModel(model, Optional.empty(), opened::close);
    }
    Path adapter = files.path(parts.adapter());
    if (RewardModel.isWhole(whole)) {
      // An adapter on a reward model's body, which no language model is.
      LanguageModel body = RewardModel.openBase(whole, cache.compute());
      opened.add(body);
      RewardModel model = RewardModel.open(body, adapter);
      opened.add(model);
      return new ScoredModel(model, Optional.empty(), opened::close);
    }
    ModelCache.Hold hold =
        cache.take(parts.whole().files(), parts.whole().trained(), parts.whole().changedFor());
    opened.add(hold);
    LoadedModel base = hold.model();
    RewardModel model = base.inTurn(() -> RewardModel.open(base.model(), adapter));
    opened.add(
        () ->
            base.inTurn(
                () -> {
                  model.close();
                  return null;
                }));
    return new ScoredModel(model, Optional.of(base), opened::close);
  }

  private static Parts base(ModelRegistered model) {
    if (model.base() == null) {
      throw new EvaluationException(
          "no_base_model",
          "compare names base, and %s was trained from nothing".formatted(model.modelId()),
          "compare");
    }
    return new Parts(Whole.baseOf(model), null);
  }

  /** Models in use, until closed. */
  private final class Opened {
    private final List<AutoCloseable> holds = new ArrayList<>();
    private final Map<Whole, LoadedModel> wholes = new HashMap<>();

    void add(AutoCloseable hold) {
      holds.add(hold);
    }

    EvaluatedModel model(Parts parts) {
      LoadedModel whole =
          wholes.computeIfAbsent(
              parts.whole(),
              ref -> {
                ModelCache.Hold hold = cache.take(ref.files(), ref.trained(), ref.changedFor());
                holds.add(hold);
                return hold.model();
              });
      return new MeasuredModel(
          whole,
          parts.adapter() == null ? whole.none() : adapter(whole, parts.adapter()),
          generated);
    }

    private BlockAdapter adapter(LoadedModel base, ArtifactRef adapter) {
      try {
        LoadedModel.Hold hold = base.adapter(adapter.digest(), () -> files.path(adapter));
        holds.add(hold);
        return hold.adapter();
      } catch (LlmException e) {
        throw new EvaluationException(e.code(), e.getMessage(), "model", e);
      }
    }

    void close() {
      // Adapters before the model that they are on.
      for (int i = holds.size() - 1; i >= 0; i--) {
        try {
          holds.get(i).close();
        } catch (Exception e) {
          throw new IllegalStateException("cannot release " + holds.get(i), e);
        }
      }
    }
  }

  private record Pair(
      Optional<EvaluatedModel> base,
      EvaluatedModel tuned,
      Map<String, EvaluatedModel> compared,
      Optional<String> reference,
      Opened opened)
      implements ModelPair {
    @Override
    public void close() {
      opened.close();
    }
  }
}
