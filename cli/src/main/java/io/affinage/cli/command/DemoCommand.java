package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.demo.DemoPlan;
import io.affinage.cli.demo.RlhfPlan;
import io.affinage.cli.run.EvaluationReport;
import io.affinage.cli.run.RunFollower;
import io.affinage.cli.run.RunOutcome;
import io.affinage.cli.run.Session;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.cli.terminal.Bar;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.ModelRegistered;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code affinage demo}. */
@Command(
    name = "demo",
    description =
        "Pre-train a tiny model, tune it on a support desk's tickets and evaluate it, all through Kafka; needs no download.")
public final class DemoCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Option(
      names = "--rlhf",
      description =
          "Go on to preferences: imitation, a reward model and a policy that it rewards, measured beside each other.")
  private boolean rlhf;

  private final DemoPlan.Size size = DemoPlan.Size.standard();

  @Override
  public Integer call() throws Exception {
    long start = System.nanoTime();
    Terminal terminal = root.terminal();
    try (Session session = Session.open(root, EnumSet.allOf(ServiceKind.class))) {
      DemoPlan plan = new DemoPlan(size);
      RunFollower follower = new RunFollower(session, terminal);
      terminal.note(
          (rlhf ? "1/3" : "1/2") + "  pre-training a tiny Llama on a support desk's conversations");
      RunOutcome pretrained = follower.complete(plan.pretraining(session.store()));
      ModelRegistered base = pretrained.run().model().orElseThrow();
      if (pretrained.reused()) {
        terminal.note("model     " + base.modelId() + ": reused from an earlier demo");
      }
      if (rlhf) {
        return new RlhfDemo(root, session, follower, RlhfPlan.Size.standard()).run(base, start);
      }
      terminal.note("2/2  tuning it with LoRA to file tickets, and evaluating it on held-out ones");
      RunOutcome tuned = follower.complete(plan.tuning(session.store(), "model:" + base.modelId()));
      if (tuned.reused()) {
        terminal.note("model     tuned and evaluated by an earlier demo: reused");
      }
      return report(session, base, pretrained, tuned, (System.nanoTime() - start) / 1e9);
    }
  }

  private int report(
      Session session,
      ModelRegistered base,
      RunOutcome pretrained,
      RunOutcome tuned,
      double seconds)
      throws Exception {
    ModelRegistered model = tuned.run().model().orElseThrow();
    EvaluationCompleted evaluation = tuned.run().evaluation().orElseThrow();
    ModelSummary.Decision decision = tuned.run().decision().orElseThrow();
    EvaluationReport report = new EvaluationReport(evaluation, decision);
    Path adapter = session.store().localFolder(model.model().digest());
    Path baseFolder = session.store().localFolder(base.model().digest());

    Map<String, Object> json = new LinkedHashMap<>(report.json());
    json.put("model", model.modelId());
    json.put("base_model", base.modelId());
    json.put("samples", evaluation.samples());
    json.put("seconds", seconds);
    json.put("reused", pretrained.reused() && tuned.reused());
    Map<String, Object> artifacts = new LinkedHashMap<>();
    artifacts.put("store", session.storeLocation());
    artifacts.put("base", baseFolder.toString());
    artifacts.put("base_digest", base.model().digest());
    artifacts.put("adapter", adapter.toString());
    artifacts.put("adapter_digest", model.model().digest());
    artifacts.put("dataset_digest", model.dataset().digest());
    json.put("artifacts", artifacts);

    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        "Held-out tickets filed exactly right (%d that no training has seen):"
            .formatted(evaluation.items()));
    lines.add("");
    lines.addAll(report.lines());
    lines.addAll(report.sampleLines(1));
    lines.add("");
    lines.add("base      " + baseFolder);
    lines.add("adapter   " + adapter);
    lines.add("logs      " + root.home().logs());
    lines.add("time      " + Bar.duration(seconds));
    lines.add("");
    lines.add("Try next:");
    lines.add("  ./affinage compare " + model.modelId() + "        more samples");
    lines.add("  ./affinage export " + model.modelId() + " DIR     the adapter as PEFT files");
    lines.add("  ./affinage demo --rlhf            preferences: a reward model and a policy");
    lines.add("  ./affinage run recipes/chatbot-intents.yaml --model MODEL --data FILE");
    root.terminal().result(json, lines);
    return decision.promoted() ? ExitCode.OK.status() : ExitCode.FAILED.status();
  }
}
