package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.JobView;
import io.affinage.cli.client.PassProgress;
import io.affinage.cli.client.SampledProgress;
import io.affinage.cli.run.Session;
import io.affinage.cli.terminal.Figures;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage logs}. */
@Command(name = "logs", description = "Show what happened in a training job.")
public final class LogsCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Parameters(paramLabel = "JOB", description = "A job's id, or the start of one.")
  private String id;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the job ends.")
  private boolean follow;

  private final Map<String, String> waitsFor = new HashMap<>();

  /**
   * One event of the job.
   *
   * @param data of the event
   */
  private record Entry(Instant time, EventData data, String what) {}

  @Override
  public Integer call() throws Exception {
    try (Session session = Session.open(root, Set.of())) {
      List<Entry> entries = new ArrayList<>();
      Set<String> seen = new HashSet<>();
      session.listen(
          event -> {
            if (isOfJob(event.data()) && seen.add(event.metadata().id())) {
              entry(event).ifPresent(entries::add);
            }
          });
      JobView job = find(session);
      entries.sort(Comparator.comparing(Entry::time));
      EventView view = session.view(Interest.JOBS);
      if (!root.terminal().json()) {
        entries.forEach(entry -> print(entry, view));
        int printed = entries.size();
        while (follow && !view.job(job.jobId()).orElseThrow().status().isFinal()) {
          session.poll(Duration.ofMillis(500));
          entries.subList(printed, entries.size()).forEach(entry -> print(entry, view));
          printed = entries.size();
        }
      } else {
        while (follow && !view.job(job.jobId()).orElseThrow().status().isFinal()) {
          session.poll(Duration.ofMillis(500));
        }
        root.terminal().result(json(job, entries, view), List.of());
      }
      return view.job(job.jobId()).orElseThrow().status() == JobView.Status.FAILED
          ? ExitCode.FAILED.status()
          : ExitCode.OK.status();
    }
  }

  private JobView find(Session session) {
    List<JobView> found =
        session.view(Interest.JOBS).jobs().stream()
            .filter(job -> job.jobId().startsWith(id))
            .toList();
    if (found.size() != 1) {
      throw new CliException(
          ExitCode.USAGE,
          found.isEmpty() ? "job_not_found" : "job_ambiguous",
          found.isEmpty()
              ? "No job '%s': see 'affinage jobs'.".formatted(id)
              : "%d jobs start with '%s': give more of the id.".formatted(found.size(), id));
    }
    return found.get(0);
  }

  private static Map<String, Object> json(JobView job, List<Entry> entries, EventView view) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", job.jobId());
    json.put(
        "events",
        entries.stream()
            .filter(entry -> counts(entry, view))
            .map(entry -> Map.of("time", entry.time().toString(), "event", entry.what()))
            .toList());
    return json;
  }

  private void print(Entry entry, EventView view) {
    if (counts(entry, view)) {
      root.terminal().stream(entry.time() + "  " + entry.what() + System.lineSeparator());
    }
  }

  /** Progress is on another topic than the claims: who won is known only once both are read. */
  private static boolean counts(Entry entry, EventView view) {
    return !(entry.data() instanceof TrainingProgressed at
        && view.isOfLoser(at.jobId(), at.attempt(), at.workerId()));
  }

  private boolean isOfJob(EventData data) {
    String job = data instanceof ModelRegistered registered ? registered.jobId() : data.key();
    return job.startsWith(id);
  }

  private Optional<Entry> entry(Event<?> event) {
    Instant time = event.metadata().time();
    Optional<String> told =
        event.data() instanceof TrainingHeartbeat sign ? waiting(sign) : what(event.data());
    return told.map(text -> new Entry(time == null ? Instant.EPOCH : time, event.data(), text));
  }

  static Optional<String> what(EventData data) {
    if (data instanceof TrainingRequested at) {
      return Optional.of(
          "requested on %s with base %s".formatted(at.datasetName(), at.baseModel()));
    }
    if (data instanceof TrainingClaimed at) {
      return Optional.of("attempt %d claimed by %s".formatted(at.attempt(), at.workerId()));
    }
    if (data instanceof TrainingCheckpointed at) {
      return Optional.of(
          "attempt %d checkpoint at step %d, %s"
              .formatted(at.attempt(), at.step(), at.checkpoint().digest()));
    }
    if (data instanceof TrainingReleased at) {
      return Optional.of("attempt %d released: %s".formatted(at.attempt(), at.reason()));
    }
    if (data instanceof TrainingControlRequested at) {
      return Optional.of(at.action().name().toLowerCase(Locale.ROOT) + " requested");
    }
    if (data instanceof TrainingProgressed at && at.pass() != null) {
      return Optional.of(
          "attempt %d step %d/%d %s"
              .formatted(at.attempt(), at.step(), at.totalSteps(), PassProgress.text(at.pass())));
    }
    if (data instanceof TrainingProgressed at) {
      return Optional.of(
          String.format(
                  Locale.ROOT,
                  "attempt %d step %d/%d loss %.4f lr %.2e %,.0f tokens/s",
                  at.attempt(),
                  at.step(),
                  at.totalSteps(),
                  orNaN(at.trainLoss()),
                  orNaN(at.learningRate()),
                  orNaN(at.tokensPerSecond()))
              + SampledProgress.of(at).map(sampled -> " " + sampled.text()).orElse("")
              + warnings(at));
    }
    if (data instanceof ModelRegistered at) {
      return Optional.of("succeeded: %s (%s)".formatted(at.modelId(), Figures.of(at.metrics())));
    }
    if (data instanceof TrainingFailed at) {
      return Optional.of("failed: %s [%s]".formatted(at.error().message(), at.error().code()));
    }
    if (data instanceof TrainingCancelled) {
      return Optional.of("cancelled");
    }
    return Optional.empty();
  }

  private static String warnings(TrainingProgressed at) {
    return at.warnings() == null
        ? ""
        : at.warnings().stream()
            .map(warning -> "; warning: %s [%s]".formatted(warning.message(), warning.code()))
            .collect(Collectors.joining());
  }

  /** Heartbeats repeat what is waited for; the first of them is the news. */
  private Optional<String> waiting(TrainingHeartbeat at) {
    String code = at.waiting() == null ? "" : at.waiting().code();
    if (code.equals(
        Optional.ofNullable(waitsFor.put(at.jobId() + "/" + at.attempt(), code)).orElse(""))) {
      return Optional.empty();
    }
    if (!code.isEmpty()) {
      return Optional.of(
          "attempt %d waits: %s [%s]".formatted(at.attempt(), at.waiting().message(), code));
    }
    return Optional.of("attempt %d goes on".formatted(at.attempt()));
  }

  private static double orNaN(Double value) {
    return value == null ? Double.NaN : value;
  }
}
