package io.affinage.reward.rest;

import io.affinage.events.ErrorDetail;
import io.affinage.events.RequestRules;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.reward.batch.ExternalScores;
import io.affinage.reward.batch.UnavailableException;
import io.affinage.reward.config.MeteredScorer;
import io.affinage.reward.config.RewardConfig;
import io.affinage.reward.learned.RewardModelScorer;
import io.affinage.service.http.Roles;
import io.affinage.service.rest.ApiException;
import io.affinage.service.rest.ErrorBody;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Scores completions at once. */
@Path("/v1/rewards")
@RolesAllowed(Roles.SERVE)
@Blocking
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "rewards")
@APIResponse(
    responseCode = "200",
    description = "One score per item, in their order",
    content = @Content(schema = @Schema(implementation = RewardScored.class)))
@APIResponse(
    responseCode = "400",
    description = "The request cannot be scored",
    content = @Content(schema = @Schema(implementation = ErrorBody.class)))
@APIResponse(
    responseCode = "503",
    description = "Too much is being scored at once, or what is needed is away",
    content = @Content(schema = @Schema(implementation = ErrorBody.class)))
public class RewardResource {
  private static final String SUMMARY = "Score completions";
  private static final String DESCRIPTION =
      "Takes the body of a reward.requested event and answers with that of reward.scored. An item"
          + " that cannot be scored has a null value and says why. Rewards are rules, programs of"
          + " the user's, registered reward models, and ensembles of them.";

  private static final long PATIENCE_SECONDS = 10;

  /** What a client waits before it tries again. */
  private static final int RETRY_SECONDS = 5;

  /** Requests that wait for a place at the same time; more would take all worker threads. */
  private static final int MOST_QUEUED = 16;

  private final MeteredScorer scorer;
  private final ExternalScores externals;
  private final RewardModelScorer learned;

  /** Scoring keeps a processor busy; more at once would only hold up every other request. */
  private final Semaphore places;

  RewardResource(
      MeteredScorer scorer,
      ExternalScores externals,
      RewardModelScorer learned,
      RewardConfig config) {
    this.scorer = scorer;
    this.externals = externals;
    this.learned = learned;
    this.places = new Semaphore(config.concurrency(), true);
  }

  @POST
  @Operation(summary = SUMMARY, description = DESCRIPTION)
  public CompletionStage<Response> score(RewardRequested request) {
    if (request == null) {
      return answer(
          ErrorBody.answer(400, "missing_body", "send the request as a JSON object", null));
    }
    for (ErrorDetail problem : RequestRules.problems(request)) {
      return answer(ErrorBody.answer(400, problem.code(), problem.message(), problem.param()));
    }
    try {
      return scored(request)
          .handle(
              (scored, failure) -> failure == null ? answer(scored) : later(unavailable(failure)));
    } catch (UnavailableException e) {
      return answer(later(unavailable(e)));
    } catch (ApiException e) {
      return answer(later(e));
    }
  }

  private static ApiException unavailable(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof UnavailableException e) {
      return new ApiException(503, e.code(), e.getMessage(), null);
    }
    throw cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
  }

  private static Response later(ApiException e) {
    return Response.fromResponse(
            ErrorBody.answer(e.status(), e.detail().code(), e.detail().message(), null))
        .header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS)
        .build();
  }

  /** As {@code /v1/rewards}, by the name of what it does. */
  @POST
  @Path("/score")
  @Operation(summary = SUMMARY, description = DESCRIPTION)
  public CompletionStage<Response> scoreByName(RewardRequested request) {
    return score(request);
  }

  private static CompletionStage<Response> answer(Response response) {
    return CompletableFuture.completedFuture(response);
  }

  private static Response answer(RewardScored scored) {
    return scored.error() == null
        ? Response.ok(scored).build()
        : ErrorBody.answer(
            400, scored.error().code(), scored.error().message(), scored.error().param());
  }

  private CompletableFuture<RewardScored> scored(RewardRequested request) {
    try {
      if (places.getQueueLength() >= MOST_QUEUED
          || !places.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new ApiException(
            503, "busy", "other requests are being scored; try again in some seconds", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(503, "stopping", "the service is stopping", null);
    }
    try {
      // Those that wait for a program of the user's or for a model hold no place.
      return scorer.score(request, externals, learned);
    } finally {
      places.release();
    }
  }
}
