package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.JobView;
import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.client.SampledProgress;
import io.affinage.cli.demo.PreferenceData;
import io.affinage.cli.demo.RlhfPlan;
import io.affinage.cli.run.EvaluationReport;
import io.affinage.cli.run.RunFollower;
import io.affinage.cli.run.RunOutcome;
import io.affinage.cli.run.RunRequest;
import io.affinage.cli.run.Session;
import io.affinage.cli.terminal.Bar;
import io.affinage.events.DatasetReady;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.ModelRegistered;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code affinage demo --rlhf} from the pre-trained model on. */
record RlhfDemo(Affinage root, Session session, RunFollower follower, RlhfPlan.Size size) {
  /** As reward models publish it of their held-out pairs. */
  private static final String ACCURACY = "held_out_rewards/accuracies";

  /**
   * @param start of the command, {@link System#nanoTime()}
   */
  int run(ModelRegistered base, long start) throws Exception {
    RlhfPlan plan = new RlhfPlan(size);
    root.terminal().note("2/3  handing in pairs of answers, and prompts");
    DatasetReady pairs = dataset(plan.pairs(session.store()));
    DatasetReady prompts = dataset(plan.prompts(session.store()));
    root.terminal()
        .note("3/3  imitation, a reward model of pairs, a policy that it rewards, and the test");
    RunOutcome tuned =
        follower.complete(plan.tuning(session.store(), "model:" + base.modelId(), pairs, prompts));
    return report(tuned, (System.nanoTime() - start) / 1e9);
  }

  private DatasetReady dataset(RunRequest handedIn) {
    return follower.complete(handedIn).run().dataset().orElseThrow();
  }

  private int report(RunOutcome outcome, double seconds) throws Exception {
    EvaluationCompleted evaluation = outcome.run().evaluation().orElseThrow();
    ModelSummary.Decision decision = outcome.run().decision().orElseThrow();
    EvaluationReport report = new EvaluationReport(evaluation, decision);
    Optional<SampledProgress> last =
        outcome.run().jobs().stream()
            .flatMap(id -> session.view(Interest.RUNS).job(id).stream())
            .map(JobView::progress)
            .flatMap(progress -> SampledProgress.of(progress).stream())
            .findFirst();
    Map<String, ModelRegistered> made = new LinkedHashMap<>();
    for (ModelRegistered model : outcome.run().models()) {
      made.put(model.modelId().split(":")[1], model);
    }
    Double accuracy =
        made.containsKey(RlhfPlan.REWARD_MODEL)
            ? made.get(RlhfPlan.REWARD_MODEL).metrics().get(ACCURACY)
            : null;

    Map<String, Object> rlhf = new LinkedHashMap<>();
    rlhf.put("base", estimate(evaluation, "base"));
    rlhf.put(RlhfPlan.SFT, estimate(evaluation, RlhfPlan.SFT));
    rlhf.put(RlhfPlan.POLICY, estimate(evaluation, "tuned"));
    rlhf.put("kl", last.map(SampledProgress::kl).orElse(null));
    rlhf.put("reward", last.map(SampledProgress::reward).orElse(null));
    rlhf.put("rewardModelAccuracy", accuracy);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rlhf", rlhf);
    json.putAll(report.json());
    Map<String, String> models = new LinkedHashMap<>();
    made.forEach((name, model) -> models.put(name, model.modelId()));
    json.put("models", models);
    json.put("samples", evaluation.samples());
    json.put("seconds", seconds);
    json.put("reused", outcome.reused());

    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        "Answers that are right and begin with \"%s\" (%d prompts that no training has seen):"
            .formatted(PreferenceData.THANKS, evaluation.items()));
    lines.add("");
    lines.addAll(report.lines());
    lines.addAll(report.sampleLines(2));
    lines.add("");
    if (accuracy != null) {
      lines.add(
          String.format(
              Locale.ROOT, "reward model   ranks %.1f%% of held-out pairs right", 100 * accuracy));
    }
    last.ifPresent(sampled -> lines.add("policy         " + sampled.text()));
    lines.add("time           " + Bar.duration(seconds));
    lines.add("");
    lines.add("Try next:");
    String tuned = made.get(RlhfPlan.POLICY).modelId();
    lines.add("  ./affinage compare " + tuned + "        more samples");
    lines.add("  ./affinage run recipes/chatbot-rlhf.yaml --model MODEL --data FILE");
    root.terminal().result(json, lines);
    return decision.promoted() ? ExitCode.OK.status() : ExitCode.FAILED.status();
  }

  private static EvaluationCompleted.Estimate estimate(EvaluationCompleted of, String variant) {
    return of.variants().get(variant).get(of.decidingMetric());
  }
}
