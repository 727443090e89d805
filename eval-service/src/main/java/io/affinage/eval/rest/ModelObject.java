package io.affinage.eval.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.affinage.eval.job.ModelBoard;
import io.affinage.eval.serving.ServedModels;
import io.affinage.events.ArtifactRef;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * OpenAI's model object, and what else is known of the model.
 *
 * @param created seconds since 1970
 * @param affinage what OpenAI's object lacks
 */
@Schema(name = "ModelCard")
record ModelObject(
    String id,
    String object,
    long created,
    @JsonProperty("owned_by") String ownedBy,
    Details affinage) {

  /**
   * @param kind {@code adapter}, {@code full} or {@code base}
   * @param task {@code SEQ_CLS} of a reward model, which answers nothing; absent for others
   * @param model the files
   * @param decision the gate's last word; absent before it
   * @param evaluation the last evaluation's result; absent before it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Details(
      String kind,
      String task,
      ArtifactRef model,
      @JsonProperty("base_model") String baseModel,
      ArtifactRef base,
      ArtifactRef dataset,
      @JsonProperty("job_id") String jobId,
      Lineage lineage,
      @JsonProperty("trained_tokens") Long trainedTokens,
      Map<String, Double> metrics,
      Decision decision,
      EvaluationCompleted evaluation) {}

  /**
   * @param status {@code promoted} or {@code rejected}
   * @param decidedAt seconds since 1970
   */
  record Decision(
      String status,
      String reason,
      @JsonProperty("evaluation_id") String evaluationId,
      @JsonProperty("decided_at") long decidedAt) {
    static Decision of(ModelBoard.Decision decision) {
      return new Decision(
          decision.promoted() ? "promoted" : "rejected",
          decision.reason(),
          decision.evaluationId(),
          decision.time());
    }
  }

  static ModelObject of(ServedModels.Served served) {
    return new ModelObject(
        served.id(),
        "model",
        served.created(),
        "affinage",
        served
            .registration()
            .map(ModelObject::details)
            .orElseGet(
                () ->
                    new Details(
                        "base",
                        null,
                        served.full(),
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null)));
  }

  private static Details details(ModelBoard.Model model) {
    ModelRegistered registration = model.registration();
    return new Details(
        registration.kind() == ModelRegistered.Kind.ADAPTER ? "adapter" : "full",
        registration.task(),
        registration.model(),
        registration.baseModel(),
        registration.base(),
        registration.dataset(),
        registration.jobId(),
        registration.lineage(),
        registration.trainedTokens(),
        registration.metrics(),
        model.decision().map(Decision::of).orElse(null),
        model.evaluation().orElse(null));
  }
}
