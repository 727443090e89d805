package io.affinage.eval.rest;

import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.job.EvaluationView;
import io.affinage.eval.kafka.EvaluationRuntime;
import io.affinage.eval.serving.ServingException;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Evaluations, whichever instance does them. */
@Path("/v1/evaluations")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "evaluations")
public class EvaluationsResource {
  private static final int MAX_PAGE = 100;

  private final EvaluationBoard board;
  private final EvaluationRuntime runtime;

  EvaluationsResource(EvaluationBoard board, EvaluationRuntime runtime) {
    this.board = board;
    this.runtime = runtime;
  }

  @GET
  @Operation(summary = "Evaluations, newest first")
  public Listing<EvaluationCard> list(
      @QueryParam("after") String after, @QueryParam("limit") @DefaultValue("20") int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw Fields.invalid("invalid_value", "'limit' is 1 to " + MAX_PAGE, "limit");
    }
    return Listing.page(
        board.all().stream().map(this::card).toList(), EvaluationCard::id, after, limit);
  }

  @GET
  @Path("/{id}")
  @Operation(summary = "An evaluation with its progress, result or error")
  public EvaluationCard find(@PathParam("id") String id) {
    return board
        .find(id)
        .map(this::card)
        .orElseThrow(
            () ->
                new ServingException(
                    ServingException.Kind.NOT_FOUND,
                    "evaluation_not_found",
                    "There is no evaluation '%s'".formatted(id),
                    "id",
                    null));
  }

  private EvaluationCard card(EvaluationView view) {
    return EvaluationCard.of(view, runtime.state(view.id()));
  }
}
