package io.affinage.reward.rest;

import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.reward.config.MeteredScorer;
import io.affinage.service.rest.ErrorBody;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Scores completions at once. */
@Path("/v1/rewards")
@Tag(name = "rewards")
public class RewardResource {
  private final MeteredScorer scorer;

  RewardResource(MeteredScorer scorer) {
    this.scorer = scorer;
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Score completions",
      description =
          "Takes the body of a reward.requested event and answers with that of reward.scored. An"
              + " item that cannot be scored has a null value and says why.")
  @APIResponse(
      responseCode = "200",
      description = "One score per item, in their order",
      content = @Content(schema = @Schema(implementation = RewardScored.class)))
  @APIResponse(
      responseCode = "400",
      description = "The request cannot be scored",
      content = @Content(schema = @Schema(implementation = ErrorBody.class)))
  public Response score(RewardRequested request) {
    if (request == null) {
      return ErrorBody.answer(400, "missing_body", "send the request as a JSON object", null);
    }
    RewardScored scored = scorer.score(request);
    if (scored.error() != null) {
      return ErrorBody.answer(
          400, scored.error().code(), scored.error().message(), scored.error().param());
    }
    return Response.ok(scored).build();
  }
}
