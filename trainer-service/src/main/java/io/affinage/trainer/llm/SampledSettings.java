package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.GrpoSpec;
import io.affinage.events.objective.PpoSpec;
import io.affinage.events.objective.RlooSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.llm.objective.Grpo;
import io.affinage.llm.objective.KlControl;
import io.affinage.llm.objective.KlEstimator;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.Ppo;
import io.affinage.llm.objective.Rloo;
import io.affinage.llm.objective.TokenRewards;
import io.affinage.llm.rollout.AdvantageRule;
import io.affinage.llm.rollout.GroupComparison;
import io.affinage.llm.rollout.GroupComparison.Estimator;
import io.affinage.llm.rollout.RolloutSettings;
import io.affinage.llm.rollout.TokenAdvantages;
import java.util.Locale;
import java.util.Set;

/** What a resolved specification says of sampling and of what answers are learned by. */
final class SampledSettings {
  private SampledSettings() {}

  static Objective objective(SampledObjective spec) {
    if (spec instanceof GrpoSpec grpo) {
      return new Grpo(
          Grpo.LossType.valueOf(grpo.lossType().toUpperCase(Locale.ROOT)),
          Grpo.Level.valueOf(grpo.importanceSamplingLevel().toUpperCase(Locale.ROOT)),
          grpo.epsilon(),
          grpo.epsilonHigh() == null ? grpo.epsilon() : grpo.epsilonHigh(),
          grpo.beta(),
          grpo.useBiasCorrectionKl(),
          grpo.maxCompletionLength());
    }
    if (spec instanceof PpoSpec ppo) {
      return new Ppo(
          ppo.cliprange(),
          ppo.cliprangeValue(),
          ppo.vfCoef(),
          inLoss(ppo) ? ppo.klCoef() : 0,
          estimator(ppo));
    }
    RlooSpec rloo = (RlooSpec) spec;
    return new Rloo(
        rloo.epsilon(), rloo.epsilonHigh() == null ? rloo.epsilon() : rloo.epsilonHigh());
  }

  private static boolean inLoss(PpoSpec ppo) {
    return ppo.klIn().equals("loss");
  }

  private static KlEstimator estimator(PpoSpec ppo) {
    return KlEstimator.valueOf(ppo.klEstimator().toUpperCase(Locale.ROOT));
  }

  /** Whether rewards cannot be made without the model that the stage starts from. */
  static boolean rewardsCompare(SampledObjective spec) {
    return spec instanceof RlooSpec rloo && rloo.beta() > 0
        || spec instanceof PpoSpec ppo && ppo.klCoef() > 0 && !inLoss(ppo);
  }

  /** Whether the model that the stage starts from is looked at where it is there: it is told of. */
  static boolean looksAtReference(SampledObjective spec) {
    return rewardsCompare(spec) || spec instanceof PpoSpec;
  }

  /**
   * Settings of rollouts.
   *
   * @param stops tokens that end an answer
   * @param compares whether the model that the stage starts from is looked at
   */
  static RolloutSettings rollouts(
      TrainingSpec spec, SampledObjective objective, Set<Integer> stops, boolean compares) {
    return new RolloutSettings(
        spec.batchSize(),
        objective.numGenerations(),
        objective instanceof PpoSpec ppo
            ? new RolloutSettings.Updates(ppo.numPpoEpochs(), ppo.numMiniBatches())
            : new RolloutSettings.Updates(objective.numIterations(), 1),
        objective.maxCompletionLength(),
        stops,
        objective.temperature(),
        masksTruncated(objective),
        rule(objective, compares),
        spec.seed());
  }

  private static boolean masksTruncated(SampledObjective objective) {
    return objective instanceof GrpoSpec grpo && grpo.maskTruncatedCompletions()
        || objective instanceof RlooSpec rloo && rloo.maskTruncatedCompletions();
  }

  private static AdvantageRule rule(SampledObjective objective, boolean compares) {
    if (objective instanceof GrpoSpec grpo) {
      return GroupComparison.of(
          switch (grpo.scaleRewards()) {
            case "batch" -> Estimator.BATCH;
            case "none" -> Estimator.UNSCALED;
            default -> Estimator.GROUP;
          });
    }
    if (objective instanceof RlooSpec rloo) {
      return new GroupComparison(Estimator.LEAVE_ONE_OUT, rloo.normalizeAdvantages(), rloo.beta());
    }
    PpoSpec ppo = (PpoSpec) objective;
    double coefficient = inLoss(ppo) ? 0 : ppo.klCoef();
    return new TokenAdvantages(
        new TokenRewards(
            estimator(ppo), ppo.missingEosPenalty() == null ? 0 : ppo.missingEosPenalty()),
        ppo.target() == null
            ? new KlControl.Fixed(coefficient)
            : new KlControl.Adaptive(coefficient, ppo.target(), ppo.horizon()),
        ppo.gamma(),
        ppo.lam(),
        ppo.whitenRewards(),
        compares);
  }
}
