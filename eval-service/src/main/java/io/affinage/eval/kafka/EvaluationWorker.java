package io.affinage.eval.kafka;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.EvaluationDataset;
import io.affinage.eval.job.AwaitedModels;
import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.job.EvaluationView;
import io.affinage.eval.model.ModelPair;
import io.affinage.eval.model.ModelSource;
import io.affinage.eval.model.RewardScorer;
import io.affinage.eval.run.Evaluation;
import io.affinage.eval.run.Findings;
import io.affinage.eval.run.Plan;
import io.affinage.eval.run.ProgressListener;
import io.affinage.eval.run.RewardEvaluation;
import io.affinage.eval.wire.EvaluationResultEvents;
import io.affinage.eval.wire.Plans;
import io.affinage.events.ErrorDetail;
import io.affinage.events.ErrorKind;
import io.affinage.events.EvaluationReleased;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.LearnedRewards;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.NextStage;
import io.affinage.events.Stage;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.Understanding;
import io.affinage.events.lease.GivenBack;
import io.affinage.events.lease.LeaseLostException;
import io.affinage.events.lease.WorkerFitness;
import io.affinage.events.lease.kafka.JobAttempt;
import io.affinage.events.lease.kafka.JobClaimer;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import io.affinage.events.reward.RewardClient;
import io.affinage.service.store.StoredBatches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jboss.logging.Logger;

/** Claims evaluations one after the other, oldest first, and does them. */
final class EvaluationWorker {
  private static final Logger LOG = Logger.getLogger(EvaluationWorker.class);
  private static final long IDLE_MILLIS = 500;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
  private static final Duration GLANCE = Duration.ofMillis(200);

  private final EvaluationBoard board;
  private final JobClaimer claimer;
  private final ArtifactStore artifacts;
  private final ModelSource models;
  private final Function<String, Optional<ModelRegistered>> registered;
  private final AwaitedModels awaited;
  private final EventFactory events;
  private final EvaluationMetrics metrics;
  private final WorkerFitness fitness;
  private final Settings settings;
  private final Thread thread;
  private final CountDownLatch stopping = new CountDownLatch(1);

  /**
   * How it works.
   *
   * @param progressEvery at most one progress event in this time
   * @param maxAttempts workers that may fall silent over one evaluation before it fails
   * @param maxGivenBack workers that may give it back before it fails
   * @param storeRetries how often the artifact store is tried again before an evaluation fails
   * @param storeRetryPause before the first of them; it doubles each time, up to 15 s
   */
  record Settings(
      Duration progressEvery,
      int maxAttempts,
      int maxGivenBack,
      RewardClient.Timing scoring,
      int storeRetries,
      Duration storeRetryPause) {}

  /**
   * @param registered the registration of a model by its id
   */
  EvaluationWorker(
      EvaluationBoard board,
      JobClaimer claimer,
      ArtifactStore artifacts,
      ModelSource models,
      Function<String, Optional<ModelRegistered>> registered,
      AwaitedModels awaited,
      EventFactory events,
      EvaluationMetrics metrics,
      WorkerFitness fitness,
      Settings settings) {
    this.board = board;
    this.claimer = claimer;
    this.artifacts = artifacts;
    this.models = models;
    this.registered = registered;
    this.awaited = awaited;
    this.events = events;
    this.metrics = metrics;
    this.fitness = fitness;
    this.settings = settings;
    this.thread = new Thread(this::run, "eval-worker");
    this.thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  boolean alive() {
    return thread.isAlive();
  }

  /** Releases what runs at the next item; another worker takes over. */
  void stop(Duration grace) throws InterruptedException {
    stopping.countDown();
    thread.join(grace.toMillis());
  }

  private void run() {
    while (!stopping()) {
      try {
        if (!workOnOne()) {
          board.awaitRequest(IDLE_MILLIS);
        }
      } catch (InterruptedException e) {
        return;
      } catch (JobLogUnavailableException | KafkaException e) {
        LOG.warnf("The evaluation log cannot be used now, trying again: %s", e.getMessage());
        pause();
      } catch (RuntimeException e) {
        LOG.error("The evaluation worker goes on after an unexpected failure", e);
        pause();
      }
    }
  }

  private boolean workOnOne() {
    if (fitness.ailment().isPresent()) {
      return false;
    }
    List<EvaluationView> open = board.open();
    awaited.retain(open.stream().map(EvaluationView::id).collect(Collectors.toSet()));
    for (EvaluationView view : open) {
      if (Understanding.newer(view.request()).isPresent()) {
        continue; // left to a worker of the version that wrote it
      }
      if (Understanding.refusal(view.request()).isEmpty()
          && awaited.mayCome(view.request().data())) {
        continue;
      }
      Optional<JobAttempt> won = claimer.claim(view.request());
      if (won.isPresent()) {
        try (JobAttempt attempt = won.get()) {
          // Read again: it may have been given back meanwhile.
          work(board.find(view.id()).orElse(view), attempt);
        }
        return true;
      }
    }
    return false;
  }

  private void work(EvaluationView view, JobAttempt attempt) {
    Event<EvaluationRequested> request = view.request();
    metrics.started(attempt.attempt() - 1 > view.released());
    LOG.infof(
        "Evaluation %s of %s: attempt %d",
        attempt.jobId(), request.data().measured(), attempt.attempt());
    try (AttemptHeartbeat heartbeat =
        AttemptHeartbeat.start(
            claimer, attempt, events, request, settings.progressEvery(), metrics::unsent)) {
      end(request, attempt, outcome(view, attempt, heartbeat));
      fitness.worked();
    } catch (StoppedException e) {
      release(request, attempt, e.getMessage(), null);
    } catch (CannotDoException e) {
      giveBack(request, attempt, e.why);
    } catch (LeaseLostException e) {
      LOG.infof("Evaluation %s is left to another worker: %s", attempt.jobId(), e.getMessage());
    } finally {
      metrics.stopped();
    }
  }

  /** The events that the evaluation ends in, the terminal one first. */
  private List<EventData> outcome(
      EvaluationView view, JobAttempt attempt, AttemptHeartbeat heartbeat) {
    Event<EvaluationRequested> request = view.request();
    EvaluationRequested data = request.data();
    try {
      int silent = attempt.attempt() - 1 - view.released();
      if (silent >= settings.maxAttempts()) {
        throw new EvaluationException(
            "worker_lost",
            "%d workers fell silent over this evaluation; is there memory enough for the model?"
                .formatted(silent),
            null);
      }
      if (view.givenBack().size() >= settings.maxGivenBack()) {
        return failed(data, attempt, GivenBack.exhausted(view.givenBack()));
      }
      Optional<ErrorDetail> refusal = Understanding.refusal(request);
      if (refusal.isPresent()) {
        throw new EvaluationException(
            refusal.get().code(), refusal.get().message(), refusal.get().param());
      }
      return patientlyMeasured(request, attempt, heartbeat);
    } catch (EvaluationException e) {
      return failedOrGivenBack(data, attempt, EvaluationResultEvents.detail(e));
    } catch (LeaseLostException | StoppedException e) {
      throw e;
    } catch (InterruptException e) {
      throw new StoppedException();
    } catch (OutOfMemoryError | RuntimeException e) {
      LOG.errorf(e, "Evaluation %s failed unexpectedly", attempt.jobId());
      String code = e instanceof OutOfMemoryError ? "out_of_memory" : "internal_error";
      return failedOrGivenBack(data, attempt, new ErrorDetail(code, e.toString(), null));
    }
  }

  /** What no worker can do ends; what this one cannot do, or not now, another may. */
  private List<EventData> failedOrGivenBack(
      EvaluationRequested data, JobAttempt attempt, ErrorDetail why) {
    if (why.kind() != ErrorKind.USER) {
      throw new CannotDoException(why);
    }
    return failed(data, attempt, why);
  }

  private List<EventData> failed(EvaluationRequested data, JobAttempt attempt, ErrorDetail why) {
    LOG.warnf("Evaluation %s failed: %s [%s]", attempt.jobId(), why.message(), why.code());
    metrics.failed(why.code());
    return List.of(EvaluationResultEvents.failed(data, attempt.attempt(), why));
  }

  private void giveBack(Event<EvaluationRequested> request, JobAttempt attempt, ErrorDetail why) {
    LOG.warnf(
        "Evaluation %s is given back, attempt %d: %s [%s]",
        attempt.jobId(), attempt.attempt(), why.message(), why.code());
    fitness.failed(why);
    metrics.gaveBack(why.code());
    release(request, attempt, why.message(), why);
  }

  /** A release that cannot be written does no harm: the lease runs out instead. */
  private void release(
      Event<EvaluationRequested> request, JobAttempt attempt, String reason, ErrorDetail why) {
    LOG.infof("Evaluation %s is left to another worker: %s", attempt.jobId(), reason);
    EventData release =
        new EvaluationReleased(attempt.jobId(), attempt.attempt(), attempt.workerId(), reason, why);
    try {
      claimer.writer().append(events.causedBy(request, release), claimer.lease());
    } catch (JobLogUnavailableException | KafkaException e) {
      metrics.unsent();
      LOG.warnf("The release of %s is not on the log: %s", attempt.jobId(), e.getMessage());
    }
  }

  /** Begins anew when the artifact store failed in a way that may pass, and says so meanwhile. */
  private List<EventData> patientlyMeasured(
      Event<EvaluationRequested> request, JobAttempt attempt, AttemptHeartbeat heartbeat) {
    Duration pause = settings.storeRetryPause();
    for (int tries = 1; ; tries++) {
      try {
        List<EventData> outcome = measured(request, attempt, heartbeat);
        heartbeat.waitsFor(Optional.empty());
        return outcome;
      } catch (EvaluationException e) {
        if (!mayPassSoon(e) || tries > settings.storeRetries()) {
          throw e;
        }
        LOG.warnf(
            "Evaluation %s waits, trying again in %s: %s", attempt.jobId(), pause, e.getMessage());
        heartbeat.waitsFor(Optional.of(EvaluationResultEvents.detail(e)));
        metrics.waiting(true);
        try {
          await(pause, heartbeat);
        } finally {
          metrics.waiting(false);
        }
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
      }
    }
  }

  /** Whoever waits for scores has asked again and again before it gives up. */
  private static boolean mayPassSoon(EvaluationException e) {
    return ErrorKind.of(e.code()) == ErrorKind.PASSING && !e.code().equals("scoring_timeout");
  }

  private void await(Duration pause, AttemptHeartbeat heartbeat) {
    long until = System.nanoTime() + pause.toNanos();
    try {
      for (long left = pause.toNanos(); left > 0; left = until - System.nanoTime()) {
        goOn(heartbeat);
        stopping.await(Math.min(left, GLANCE.toNanos()), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    }
  }

  private List<EventData> measured(
      Event<EvaluationRequested> request, JobAttempt attempt, AttemptHeartbeat heartbeat) {
    EvaluationRequested data = request.data();
    long begun = System.nanoTime();
    ModelRegistered evaluated =
        data.modelId() == null ? data.model() : registered(data.modelId(), "modelId");
    LearnedRewards.of(data.spec()).forEach((role, model) -> registered(model, "spec." + role));
    Plan plan = Plans.from(data.spec(), evaluated.isRewardModel());
    RewardAnswers scorer =
        new RewardAnswers(
            metric ->
                new RewardClient(
                    claimer.connection(),
                    asked -> events.causedBy(request, asked),
                    Plans.reward(data.spec(), metric),
                    settings.scoring(),
                    () -> goOn(heartbeat),
                    new StoredBatches(artifacts)));
    EvaluationDataset dataset = new EvaluationDataset(artifacts, data.dataset().digest());
    ItemCount count = new ItemCount(metrics);
    ProgressListener progress =
        (variant, done, total) -> {
          goOn(heartbeat);
          count.at(variant, done);
          heartbeat.at(variant, done, total);
        };
    Findings findings;
    if (evaluated.isRewardModel()) {
      requireNothingCompared(data);
      try (RewardScorer reward = models.openScorer(evaluated)) {
        findings = new RewardEvaluation(plan, dataset, reward, progress).run();
      }
    } else {
      try (ModelPair pair = open(data, evaluated)) {
        findings = new Evaluation(plan, dataset, pair, scorer, progress).run();
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    metrics.succeeded(plan, findings);
    List<EventData> outcome = new ArrayList<>();
    outcome.add(EvaluationResultEvents.completed(data, attempt.attempt(), plan, findings, seconds));
    outcome.add(EvaluationResultEvents.decision(data, findings.decision()));
    if (findings.decision().promoted()) {
      NextStage.afterPromotion(data).ifPresent(outcome::add);
    }
    return outcome;
  }

  private static void requireNothingCompared(EvaluationRequested data) {
    if (data.compare() != null && !data.compare().isEmpty()) {
      throw new EvaluationException(
          "compare_needs_language_model",
          "compare measures models that write texts beside each other, and what is evaluated is a reward model: leave compare out",
          "compare");
    }
  }

  private ModelPair open(EvaluationRequested data, ModelRegistered evaluated) {
    Map<String, Optional<ModelRegistered>> compared = new LinkedHashMap<>();
    if (data.compare() != null) {
      data.compare()
          .forEach(
              (name, model) ->
                  compared.put(
                      name,
                      model.equals(Stage.BASE)
                          ? Optional.empty()
                          : Optional.of(registered(model, "compare." + name))));
    }
    return models.open(evaluated, compared);
  }

  /** It has been waited for. */
  private ModelRegistered registered(String modelId, String param) {
    return registered
        .apply(modelId)
        .orElseThrow(
            () ->
                new EvaluationException(
                    "model_unknown", "no model is registered as '" + modelId + "'", param));
  }

  private void goOn(AttemptHeartbeat heartbeat) {
    heartbeat.requireHeld();
    if (stopping()) {
      throw new StoppedException();
    }
  }

  private void end(
      Event<EvaluationRequested> request, JobAttempt attempt, List<EventData> outcome) {
    Event<?> terminal = events.causedBy(request, outcome.get(0));
    List<ProducerRecord<String, Event<?>>> following = new ArrayList<>();
    following.add(Topics.EVALUATION_COMPLETED.record(terminal));
    for (EventData data : outcome.subList(1, outcome.size())) {
      following.add(topicOf(data).record(events.causedBy(terminal, data)));
    }
    insist(attempt, terminal, following);
    LOG.infof("Evaluation %s is over: %s", attempt.jobId(), terminal.metadata().type());
  }

  /** Tries until it is known whether the end took effect: it may be the fruit of hours. */
  private void insist(
      JobAttempt attempt, Event<?> terminal, List<ProducerRecord<String, Event<?>>> following) {
    while (true) {
      try {
        attempt.end(terminal, following);
        return;
      } catch (JobLogUnavailableException | KafkaException e) {
        if (stopping() || Thread.currentThread().isInterrupted()) {
          throw new StoppedException();
        }
        metrics.unsent();
        LOG.warnf(
            "The end of evaluation %s is not on the log, trying again: %s",
            attempt.jobId(), e.getMessage());
        pause();
      }
    }
  }

  private static Topic topicOf(EventData data) {
    if (data instanceof EvaluationRequested) {
      return Topics.EVALUATION_REQUESTED;
    }
    if (data instanceof TrainingRequested) {
      return Topics.TRAINING_REQUESTED;
    }
    return data instanceof ModelPromoted ? Topics.MODEL_PROMOTED : Topics.MODEL_REJECTED;
  }

  private boolean stopping() {
    return stopping.getCount() == 0;
  }

  private void pause() {
    try {
      stopping.await(IDLE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** This worker cannot do it, or not now. */
  private static final class CannotDoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ErrorDetail why;

    CannotDoException(ErrorDetail why) {
      super(why.message());
      this.why = why;
    }
  }

  /** The service stops. */
  private static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
      super("the service stops");
    }
  }
}
