package io.affinage.trainer.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.ErrorKind;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingControlRequested.Action;
import io.affinage.service.http.Roles;
import io.affinage.service.rest.ApiException;
import io.affinage.service.rest.Page;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobCommands;
import io.affinage.trainer.job.JobStatus;
import io.affinage.trainer.work.Replays;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** OpenAI's fine-tuning jobs. Any instance answers for all jobs. */
@Path("/v1/fine_tuning/jobs")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "Fine-tuning")
public final class FineTuningJobsResource {
  private static final int MAX_PAGE = 100;

  private final JobBoard board;
  private final JobCommands commands;
  private final JobCreation creation;
  private final ObjectMapper json;
  private final Replays replays;

  FineTuningJobsResource(
      JobBoard board,
      JobCommands commands,
      JobCreation creation,
      ObjectMapper json,
      Replays replays) {
    this.replays = replays;
    this.board = board;
    this.commands = commands;
    this.creation = creation;
    this.json = json;
  }

  /** Starts a job, or with {@code dry_run} tells what would be started. */
  @RolesAllowed(Roles.TRAIN)
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(summary = "Create a fine-tuning job")
  @RequestBody(
      required = true,
      content = @Content(schema = @Schema(implementation = JobRequestDocument.class)))
  @APIResponse(
      responseCode = "200",
      description = "The job; with dry_run what it would be",
      content = @Content(schema = @Schema(anyOf = {FineTuningJob.class, DryRun.class})))
  public Response create(
      byte[] body,
      @HeaderParam("Idempotency-Key") String idempotencyKey,
      @QueryParam("dry_run") @DefaultValue("false") boolean dryRun)
      throws IOException {
    JobRequest request = JobRequestReader.read(json.readTree(body), json, creation::parentAdapter);
    if (dryRun) {
      return Response.ok(creation.dryRun(request)).build();
    }
    return Response.ok(show(find(creation.create(request, idempotencyKey)))).build();
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Operation(
      summary = "List fine-tuning jobs, newest first",
      description =
          "metadata[key]=value, also several, keeps jobs with these labels; metadata=null those"
              + " without any.")
  public Page<FineTuningJob> list(
      @QueryParam("after") String after,
      @QueryParam("limit") @DefaultValue("20") int limit,
      @QueryParam("metadata") String metadata,
      @Context UriInfo uri) {
    MetadataFilter filter = MetadataFilter.of(metadata, uri.getQueryParameters());
    List<Job> jobs =
        new ArrayList<>(
            board.all().stream().filter(job -> filter.takes(job.request().metadata())).toList());
    Collections.reverse(jobs);
    return page(jobs, Job::id, after, limit).map(FineTuningJobsResource::show);
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Path("{id}")
  @Operation(summary = "Retrieve a fine-tuning job")
  public FineTuningJob get(@PathParam("id") String id) {
    return show(find(id));
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Path("{id}/events")
  @Operation(summary = "List a job's events, newest first")
  public Page<FineTuningJobEvent> events(
      @PathParam("id") String id,
      @QueryParam("after") String after,
      @QueryParam("limit") @DefaultValue("20") int limit) {
    find(id);
    List<FineTuningJobEvent> events =
        new ArrayList<>(board.events(id).stream().map(FineTuningJobEvent::of).toList());
    Collections.reverse(events);
    return page(events, FineTuningJobEvent::id, after, limit);
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Path("{id}/checkpoints")
  @Operation(summary = "List a job's checkpoints, newest first")
  public Page<FineTuningCheckpoint> checkpoints(
      @PathParam("id") String id,
      @QueryParam("after") String after,
      @QueryParam("limit") @DefaultValue("10") int limit) {
    find(id);
    List<FineTuningCheckpoint> checkpoints =
        new ArrayList<>(
            board.checkpoints(id).stream().map(c -> FineTuningCheckpoint.of(id, c)).toList());
    Collections.reverse(checkpoints);
    return page(checkpoints, FineTuningCheckpoint::id, after, limit);
  }

  @RolesAllowed(Roles.TRAIN)
  @POST
  @Path("{id}/cancel")
  @Operation(summary = "Cancel a job")
  public FineTuningJob cancel(@PathParam("id") String id) {
    return control(id, Action.CANCEL);
  }

  @RolesAllowed(Roles.TRAIN)
  @POST
  @Path("{id}/pause")
  @Operation(summary = "Pause a job: it makes a checkpoint and frees its worker")
  public FineTuningJob pause(@PathParam("id") String id) {
    return control(id, Action.PAUSE);
  }

  @RolesAllowed(Roles.TRAIN)
  @POST
  @Path("{id}/resume")
  @Operation(summary = "Resume a paused job from its last checkpoint")
  public FineTuningJob resume(@PathParam("id") String id) {
    return control(id, Action.RESUME);
  }

  /** Answers when it is done: as long as the job's updates took. */
  @RolesAllowed(Roles.TRAIN)
  @POST
  @Path("{id}/replay")
  @Operation(
      summary = "Make a finished job's updates again from its record, and compare the digests",
      description =
          "For jobs of objectives that sample answers. Nothing is sampled, scored or registered."
              + " Takes as long as the updates took; while this trainer runs a job the answer is"
              + " 503, trainer_busy.")
  public JobReplay replay(@PathParam("id") String id) throws IOException {
    Job job = find(id);
    if (!(job.terminal() instanceof ModelRegistered model)) {
      throw ApiException.invalid(
          "invalid_job_state",
          "Job " + id + " is " + job.status().word() + ", it has no model to compare with.",
          null);
    }
    try {
      return JobReplay.of(replays.of(model));
    } catch (TrainingException e) {
      throw new ApiException(
          e.kind() == ErrorKind.USER ? 400 : 503, e.detail().code(), e.getMessage(), null);
    }
  }

  private FineTuningJob control(String id, Action action) {
    Job job = find(id);
    boolean fitting =
        switch (action) {
          case CANCEL, PAUSE -> !job.status().terminal();
          case RESUME -> job.pauseWanted() && !job.status().terminal();
        };
    if (!fitting) {
      throw ApiException.invalid(
          "invalid_job_state",
          "Job " + id + " is " + job.status().word() + ", it cannot be " + past(action) + ".",
          null);
    }
    boolean noChange =
        action == Action.CANCEL
            ? job.status() == JobStatus.CANCELLING
            : action == Action.PAUSE && job.pauseWanted();
    if (!noChange) {
      commands.control(id, action);
    }
    return show(find(id));
  }

  private static String past(Action action) {
    return switch (action) {
      case CANCEL -> "cancelled";
      case PAUSE -> "paused";
      case RESUME -> "resumed";
    };
  }

  /** A job that another instance took in a moment ago must not seem absent here. */
  private Job find(String id) {
    return board
        .find(id)
        .or(
            () -> {
              commands.catchUp();
              return board.find(id);
            })
        .orElseThrow(() -> absent(id));
  }

  private static ApiException absent(String id) {
    return new ApiException(
        404, "fine_tune_not_found", "Could not find fine-tuning job: " + id, "fine_tuning_job_id");
  }

  private static <T> Page<T> page(
      List<T> newestFirst, Function<T, String> id, String after, int limit) {
    return Page.of(newestFirst, id, new Page.Wish(after, limit, null), MAX_PAGE);
  }

  private static FineTuningJob show(Job job) {
    return FineTuningJobView.of(job, System.currentTimeMillis() / 1000);
  }
}
