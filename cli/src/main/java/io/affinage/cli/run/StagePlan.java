package io.affinage.cli.run;

import io.affinage.events.LearnedRewards;
import io.affinage.events.RewardSpec;
import io.affinage.events.Stage;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.SpecResolver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the stages of a run will do, and what they take from each other.
 *
 * @param name of the run's dataset
 */
public record StagePlan(String name, List<Stage> stages) {

  /** A line a stage. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      StringBuilder line = new StringBuilder("stage %d   ".formatted(i + 1));
      json(i).forEach((role, what) -> line.append(words(role, what)));
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static String words(String role, String what) {
    return switch (role) {
      case "does" -> what + " ";
      case "name" -> "'" + what + "' ";
      case "base" -> "from " + what + " ";
      case "model" -> "of " + what + " ";
      case "data" -> "on " + what + " ";
      case "reward" -> "rewarded by " + what + " ";
      case "compare" -> "beside " + what + " ";
      default -> throw new AssertionError(role);
    };
  }

  /** A map of roles a stage. */
  public List<Map<String, String>> json() {
    List<Map<String, String>> all = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      all.add(json(i));
    }
    return all;
  }

  private Map<String, String> json(int stage) {
    Map<String, String> json = new LinkedHashMap<>();
    if (stages.get(stage) instanceof Stage.Train train) {
      json.put("does", method(train));
      if (train.name() != null) {
        json.put("name", train.name());
      }
      json.put("base", train.baseName() == null ? model(train.baseModel()) : train.baseName());
      json.put("data", data(stage));
      if (train.spec().objective() instanceof SampledObjective sampled
          && sampled.reward() != null) {
        json.put("reward", reward(sampled.reward(), LearnedRewards.of(train.spec())));
      }
    } else if (stages.get(stage) instanceof Stage.Evaluate evaluate) {
      json.put("does", "evaluate");
      json.put("model", evaluate.model() == null ? last(stage) : model(evaluate.model()));
      json.put("data", data(stage));
      if (evaluate.spec().reward() != null) {
        json.put("reward", reward(evaluate.spec().reward(), LearnedRewards.of(evaluate.spec())));
      }
      if (evaluate.compare() != null) {
        json.put(
            "compare",
            evaluate.compare().stream().map(StagePlan::model).collect(Collectors.joining(", ")));
      }
    }
    return json;
  }

  private static String method(Stage.Train train) {
    if (train.spec().objective() != null) {
      return Choices.name(ObjectiveSpec.class, train.spec().objective());
    }
    return train.spec().method() == null ? SpecResolver.SFT : train.spec().method();
  }

  private static String reward(RewardSpec reward, Map<String, String> learned) {
    String type = Choices.name(RewardSpec.class, reward);
    return learned.isEmpty()
        ? type
        : type + " " + String.join(", ", learned.values().stream().map(StagePlan::model).toList());
  }

  private static String model(String reference) {
    return reference.startsWith(Stage.OF_STAGE)
        ? "stage " + reference.substring(Stage.OF_STAGE.length())
        : reference;
  }

  /** The last training before that makes a model which can answer. */
  private String last(int stage) {
    for (int i = stage - 1; i >= 0; i--) {
      if (stages.get(i) instanceof Stage.Train train && !LearnedRewards.isMadeBy(train.spec())) {
        return train.name() == null ? "stage " + (i + 1) : "stage " + train.name();
      }
    }
    return Stage.PREVIOUS;
  }

  private String data(int stage) {
    for (int i = stage; i >= 0; i--) {
      if (stages.get(i).dataset() != null) {
        return stages.get(i).datasetName() == null
            ? stages.get(i).dataset().digest()
            : stages.get(i).datasetName();
      }
    }
    return name;
  }
}
