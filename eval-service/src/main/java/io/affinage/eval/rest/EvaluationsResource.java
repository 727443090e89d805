package io.affinage.eval.rest;

import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.job.EvaluationView;
import io.affinage.eval.kafka.EvaluationRuntime;
import io.affinage.eval.serving.ServingException;
import io.affinage.service.http.Roles;
import io.affinage.service.rest.Page;
import jakarta.annotation.security.RolesAllowed;
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

  @RolesAllowed(Roles.READ)
  @GET
  @Operation(summary = "Evaluations, newest first")
  public Page<EvaluationCard> list(
      @QueryParam("after") String after, @QueryParam("limit") @DefaultValue("20") int limit) {
    return Page.of(
        board.all().stream().map(this::card).toList(),
        EvaluationCard::id,
        new Page.Wish(after, limit, null),
        MAX_PAGE);
  }

  @RolesAllowed(Roles.READ)
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
    return EvaluationCard.of(
        view, runtime.state(view.id()), runtime.awaited(view.request().data()));
  }
}
