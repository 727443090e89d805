package io.affinage.events;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What requests may name, beyond the types of their fields: the same rules for what comes by Kafka
 * and by HTTP. Says nothing of a request's settings, which those who do the work check.
 */
public final class RequestRules {
  /** Labels that a caller may attach. */
  public static final int MAX_METADATA = 16;

  private static final int MAX_METADATA_KEY = 64;
  private static final int MAX_METADATA_VALUE = 512;
  private static final int MAX_STAGES = 100;

  private final List<ErrorDetail> problems = new ArrayList<>();
  private final boolean namesAlone;

  private RequestRules(boolean namesAlone) {
    this.namesAlone = namesAlone;
  }

  /** Every name of a request that breaks its rule; empty for events that ask for nothing. */
  public static List<ErrorDetail> problems(EventData request) {
    return new RequestRules(false).checked(request);
  }

  private List<ErrorDetail> checked(EventData request) {
    if (request instanceof DatasetSubmitted submitted) {
      check(submitted);
    } else if (request instanceof TrainingRequested training) {
      check(training);
    } else if (request instanceof EvaluationRequested evaluation) {
      check(evaluation);
    } else if (request instanceof RewardRequested reward) {
      name("requestId", reward.requestId(), NameRule.LABEL);
      slip(reward.slip(), StageInputs.after(reward.slip()));
    }
    return List.copyOf(problems);
  }

  /**
   * For those who put such a request aside. One that is refused anyway ({@link Understanding}) need
   * only be safe to answer and to show: of it the names are looked at, not what they refer to.
   *
   * @throws EventException {@code invalid_event_data} with every problem
   */
  public static void require(Event<?> request) {
    List<ErrorDetail> problems =
        new RequestRules(Understanding.refusal(request).isPresent()).checked(request.data());
    if (!problems.isEmpty()) {
      throw new EventException(
          "invalid_event_data",
          problems.stream().map(ErrorDetail::message).collect(Collectors.joining("; ")));
    }
  }

  /** What is wrong with a caller's labels. */
  public static List<ErrorDetail> metadataProblems(@Nullable Map<String, String> metadata) {
    RequestRules rules = new RequestRules(false);
    rules.metadata(metadata);
    return List.copyOf(rules.problems);
  }

  private void check(DatasetSubmitted submitted) {
    name("submissionId", submitted.submissionId(), NameRule.LABEL);
    name("name", submitted.name(), NameRule.NAME);
    if (submitted.source() instanceof DatasetSource.Stored stored && stored.filename() != null) {
      name("source.filename", stored.filename(), NameRule.LABEL);
    }
    slip(submitted.slip(), StageInputs.after(submitted.slip()));
  }

  private void check(TrainingRequested training) {
    name("jobId", training.jobId(), NameRule.ID);
    optional("datasetName", training.datasetName(), NameRule.NAME);
    optional("datasetSubmissionId", training.datasetSubmissionId(), NameRule.LABEL);
    optional("suffix", training.suffix(), NameRule.NAME);
    optional("stage", training.stage(), NameRule.NAME);
    if (training.baseModel().equals(Stage.PREVIOUS)
        || training.baseModel().startsWith(Stage.OF_STAGE)) {
      misplaced("baseModel", "names a stage, which only a stage of a slip can");
    }
    metadata(training.metadata());
    LearnedRewards.of(training.spec())
        .forEach(
            (role, model) -> {
              if (model.startsWith(Stage.OF_STAGE)) {
                misplaced(
                    "spec.objective." + role,
                    "is '" + model + "', a stage, which only a stage of a slip can name");
              }
            });
    StageInputs before = StageInputs.after(training.slip());
    before.made(training.stage(), LearnedRewards.isMadeBy(training.spec()));
    slip(training.slip(), before);
  }

  private void check(EvaluationRequested evaluation) {
    name("evaluationId", evaluation.evaluationId(), NameRule.ID);
    optional("datasetName", evaluation.datasetName(), NameRule.NAME);
    optional("datasetSubmissionId", evaluation.datasetSubmissionId(), NameRule.LABEL);
    optional("spec.split", evaluation.spec().split(), NameRule.SPLIT);
    metadata(evaluation.metadata());
    optional("modelId", evaluation.modelId(), NameRule.ID);
    if (evaluation.compare() != null) {
      evaluation
          .compare()
          .forEach(
              (name, model) -> {
                name("compare", name, NameRule.ID);
                name("compare." + name, model, NameRule.ID);
                if (StageInputs.isReported(name) && !name.equals(Stage.BASE)) {
                  misplaced("compare." + name, "is a name that reports have for another model");
                }
              });
    }
    StageInputs before = StageInputs.after(evaluation.slip());
    before.made(null, false);
    slip(evaluation.slip(), before);
  }

  /**
   * @param before what the stages before the slip's made
   */
  private void slip(@Nullable RoutingSlip slip, StageInputs before) {
    if (slip == null) {
      return;
    }
    name("slip.runId", slip.runId(), NameRule.LABEL);
    optional("slip.policy", slip.policy(), NameRule.ID);
    if (slip.stages().size() > MAX_STAGES
        || slip.outputs() != null && slip.outputs().size() > MAX_STAGES) {
      refuse("slip.stages", "must be at most " + MAX_STAGES);
      return;
    }
    if (slip.outputs() != null) {
      slip.outputs()
          .forEach(
              (stage, model) -> {
                name("slip.outputs", stage, NameRule.NAME);
                name("slip.outputs." + stage, model, NameRule.ID);
              });
    }
    for (int i = 0; i < slip.stages().size(); i++) {
      String at = "slip.stages[" + i + "].";
      Stage stage = slip.stages().get(i);
      optional(at + "datasetName", stage.datasetName(), NameRule.NAME);
      if (stage instanceof Stage.Train train) {
        optional(at + "suffix", train.suffix(), NameRule.NAME);
        optional(at + "name", train.name(), NameRule.NAME);
      } else if (stage instanceof Stage.Evaluate evaluate) {
        optional(at + "spec.split", evaluate.spec().split(), NameRule.SPLIT);
      }
      before.problems(stage).forEach((field, problem) -> misplaced(at + field, problem));
    }
  }

  private void metadata(@Nullable Map<String, String> metadata) {
    if (metadata == null) {
      return;
    }
    if (metadata.size() > MAX_METADATA) {
      refuse("metadata", "must be up to " + MAX_METADATA + " texts");
    }
    metadata.forEach(
        (key, value) -> {
          if (value == null
              || key.length() > MAX_METADATA_KEY
              || value.length() > MAX_METADATA_VALUE) {
            refuse(
                "metadata." + key.substring(0, Math.min(key.length(), MAX_METADATA_KEY)),
                "must be a text of up to %d characters under a key of up to %d"
                    .formatted(MAX_METADATA_VALUE, MAX_METADATA_KEY));
          }
        });
  }

  private void optional(String field, @Nullable String text, NameRule rule) {
    if (text != null) {
      name(field, text, rule);
    }
  }

  private void name(String field, String text, NameRule rule) {
    if (!rule.allows(text)) {
      refuse(field, "must be " + rule.words());
    }
  }

  /** A name that is one, but says nothing here. */
  private void misplaced(String field, String message) {
    if (!namesAlone) {
      refuse(field, message);
    }
  }

  private void refuse(String field, String message) {
    problems.add(new ErrorDetail("invalid_request", field + " " + message, field));
  }
}
