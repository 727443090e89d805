package io.affinage.cli.run;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.DeadLetter;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.RunView;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Topics;
import java.time.Duration;
import java.util.Optional;

/** Hands in a run, unless it is known, and follows it to its end. */
public final class RunFollower {
  private static final Duration POLL = Duration.ofMillis(200);

  private final Session session;
  private final Terminal terminal;

  public RunFollower(Session session, Terminal terminal) {
    this.session = session;
    this.terminal = terminal;
  }

  /**
   * Returns when the last stage has ended.
   *
   * @throws CliException {@code FAILED} with the error of the stage that failed
   */
  public RunOutcome complete(RunRequest request) {
    EventView view = session.view(Interest.RUNS);
    int attempt = 1;
    while (view.run(request.runId(attempt)).flatMap(RunView::failure).isPresent()) {
      attempt++;
    }
    String runId = request.runId(attempt);
    RunProgress progress = new RunProgress(terminal, request, view, session.store());
    Optional<RunView> known = view.run(runId).filter(RunView::isKnown);
    if (known.filter(run -> isDone(run, request)).isPresent()) {
      known.get().dataset().ifPresent(progress::tellDataset);
      return new RunOutcome(known.get(), true);
    }
    if (known.isPresent()) {
      terminal.note("going on with " + runId + ", which was not finished");
    } else {
      session.publisher().send(Topics.DATASET_SUBMITTED, request.submission(runId), runId);
    }
    while (true) {
      session.poll(POLL);
      Optional<RunView> run = view.run(runId);
      if (run.isPresent()) {
        progress.show(run.get());
        run.get().failure().ifPresent(RunFollower::fail);
        if (isDone(run.get(), request)) {
          return new RunOutcome(run.get(), false);
        }
      }
      session.deadLetter(runId).ifPresent(RunFollower::fail);
    }
  }

  private static boolean isDone(RunView run, RunRequest request) {
    return run.isDone(request.trainings(), request.evaluations());
  }

  private static void fail(ErrorDetail error) {
    throw new CliException(
        ExitCode.FAILED,
        error.code(),
        "the run failed: %s [%s]".formatted(error.message(), error.code()));
  }

  private static void fail(DeadLetter letter) {
    throw new CliException(
        ExitCode.FAILED,
        "dead_letter",
        "a service could not use an event of this run, see %s: %s"
            .formatted(letter.topic(), letter.reason()));
  }
}
