package io.affinage.reward.learned;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ModelRegistered;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import io.affinage.reward.scoring.InvalidRewardException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Reward models in memory: adapters of one base stand on it together, others on their own. Of both
 * those used longest ago are given up. For one thread, but for {@link #size}.
 */
final class RewardModelCache implements AutoCloseable {
  private final ModelFiles files;
  private final Supplier<Compute> compute;
  private final int mostBases;
  private final int mostAdapters;
  private final Map<String, Base> bases = new LinkedHashMap<>(16, 0.75f, true);
  private volatile int size;

  /** A language model with reward models on it, or a reward model that needs none. */
  private record Base(LanguageModel model, Map<String, RewardModel> rewards)
      implements AutoCloseable {
    @Override
    public void close() {
      rewards.values().forEach(RewardModel::close);
      if (model != null) {
        model.close();
      }
    }
  }

  /**
   * @param compute asked for when the first model is opened
   * @param mostBases kept at the same time
   * @param mostAdapters kept on each
   */
  RewardModelCache(ModelFiles files, Supplier<Compute> compute, int mostBases, int mostAdapters) {
    if (mostBases < 1 || mostAdapters < 1) {
      throw new IllegalArgumentException(
          "there must be room for a model, not %d with %d adapters"
              .formatted(mostBases, mostAdapters));
    }
    this.files = files;
    this.compute = compute;
    this.mostBases = mostBases;
    this.mostAdapters = mostAdapters;
  }

  /**
   * The model, opened if need be. It stays open until another is asked for, at least.
   *
   * @throws InvalidRewardException when its files are not there, or the registration is of none
   * @throws io.affinage.llm.error.LlmException when its files are no sound reward model
   */
  RewardModel open(ModelRegistered model) {
    boolean adapter = model.kind() == ModelRegistered.Kind.ADAPTER;
    if (adapter && model.base() == null) {
      throw new InvalidRewardException(
          "model_invalid",
          "the model %s is an adapter without a base".formatted(model.modelId()),
          "reward.model");
    }
    ArtifactRef under = adapter ? model.base() : model.model();
    // An adapter scores with the numbers that it was trained beside.
    WeightForm trained =
        ScoreOrigin.weightForm(model).map(WeightForm::named).orElse(WeightForm.PLAIN);
    // A reward model of its own may be the base of another, too.
    String key = (adapter ? "" : "whole ") + under.digest() + " " + trained.userName();
    String digest = model.model().digest();
    Base base = bases.get(key);
    if (base != null && base.rewards().containsKey(digest)) {
      return base.rewards().get(digest);
    }
    // First of all the files: what cannot be had gives nothing else up.
    Path path = files.path(model.model());
    if (!adapter) {
      room(bases, mostBases - 1);
      RewardModel whole = RewardModel.open(path, compute.get());
      Base alone = new Base(null, new LinkedHashMap<>(Map.of(digest, whole)));
      bases.put(key, alone);
      size = bases.size();
      return whole;
    }
    if (base == null) {
      Path basePath = files.path(under);
      room(bases, mostBases - 1);
      base =
          new Base(
              RewardModel.isWhole(basePath)
                  ? RewardModel.openBase(basePath, compute.get())
                  : LanguageModel.open(basePath, compute.get(), WeightForm.PLAIN, trained),
              new LinkedHashMap<>(16, 0.75f, true));
      bases.put(key, base);
      size = bases.size();
    }
    room(base.rewards(), mostAdapters - 1);
    RewardModel opened = RewardModel.open(base.model(), path);
    base.rewards().put(digest, opened);
    return opened;
  }

  private static void room(Map<String, ? extends AutoCloseable> cache, int most) {
    Iterator<? extends AutoCloseable> eldestFirst = cache.values().iterator();
    while (cache.size() > most) {
      AutoCloseable eldest = eldestFirst.next();
      eldestFirst.remove();
      try {
        eldest.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("a model cannot be closed", e);
      }
    }
  }

  /** Models that stand on their own, and bases, in memory; for any thread. */
  int size() {
    return size;
  }

  @Override
  public void close() {
    room(bases, 0);
    size = 0;
  }
}
