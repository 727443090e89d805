package io.affinage.eval.kafka;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.eval.job.AwaitedModels;
import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.job.ModelBoard;
import io.affinage.eval.model.ModelSource;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationReleased;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.EventFactory;
import io.affinage.events.follow.TopicFollower;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.LogClock;
import io.affinage.events.lease.Verdict;
import io.affinage.events.lease.WorkerFitness;
import io.affinage.events.lease.kafka.JobClaimer;
import io.affinage.events.lease.kafka.JobLogReader;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import io.affinage.events.lease.kafka.JobLogWriter;
import io.affinage.events.reward.RewardClient;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jboss.logging.Logger;

/**
 * One evaluator on the log: its views of the topics, its claims, its worker. Starts without a
 * broker and begins to work once there is one. Several may live in one process, each with a worker
 * id of its own.
 */
public final class EvaluationRuntime implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EvaluationRuntime.class);
  private static final long RETRY_MILLIS = 2_000;
  private static final Duration FIRST_READ = Duration.ofMinutes(5);

  private final Map<String, Object> connection;
  private final Settings settings;
  private final EvaluationBoard board = new EvaluationBoard();
  private final ModelBoard models = new ModelBoard();
  private final AwaitedModels awaited;
  private final TopicFollower view;
  private final JobLogReader log;
  private final JobLogWriter writer;
  private final WorkerFitness fitness;
  private final EvaluationWorker worker;
  private final Thread starter;
  private volatile boolean started;
  private final CountDownLatch closing = new CountDownLatch(1);

  /**
   * How it runs.
   *
   * @param lease silence after which another worker takes over
   * @param maxGivenBack attempts that workers may give back before an evaluation fails
   * @param faultPause after a worker's own fault it takes no evaluation for so long; doubles with
   *     each fault in a row, up to 1 min
   * @param scoreRepeat silence of the reward service after which it is asked again
   * @param scoreTimeout after which scoring fails
   * @param storeRetries how often the artifact store is tried again before an evaluation fails
   * @param storeRetryPause before the first of them
   * @param modelWait how long models that an evaluation names may take to be heard of
   */
  public record Settings(
      String workerId,
      Duration lease,
      Duration progressEvery,
      int maxAttempts,
      int maxGivenBack,
      Duration faultPause,
      Duration scoreRepeat,
      Duration scoreTimeout,
      int storeRetries,
      Duration storeRetryPause,
      Duration modelWait) {}

  /**
   * @param connection bootstrap servers and security
   */
  public EvaluationRuntime(
      Map<String, Object> connection,
      ArtifactStore artifacts,
      ModelSource source,
      EvaluationMetrics metrics,
      Settings settings) {
    this.connection = Map.copyOf(connection);
    this.settings = settings;
    this.awaited =
        new AwaitedModels(
            id -> models.find(id).isPresent(), settings.modelWait(), System::nanoTime);
    this.view =
        new TopicFollower(
            "evaluation-board",
            this.connection,
            EvaluationTopics.TOPICS,
            IsolationLevel.READ_COMMITTED,
            new EvaluationTopics(board, models));
    this.log = JobLogReader.start(this.connection, JobLog.EVALUATION, new LogClock(), this::apply);
    this.writer = new JobLogWriter(this.connection, JobLog.EVALUATION);
    EventFactory events = new EventFactory("/affinage/eval-service", Clock.systemUTC());
    this.fitness = new WorkerFitness(settings.faultPause(), InstantSource.system());
    this.worker =
        new EvaluationWorker(
            board,
            new JobClaimer(
                this.connection,
                JobLog.EVALUATION,
                log,
                writer,
                events,
                settings.workerId(),
                settings.lease()),
            artifacts,
            source,
            id -> models.find(id).map(ModelBoard.Model::registration),
            awaited,
            events,
            metrics,
            fitness,
            new EvaluationWorker.Settings(
                settings.progressEvery(),
                settings.maxAttempts(),
                settings.maxGivenBack(),
                new RewardClient.Timing(settings.scoreRepeat(), settings.scoreTimeout()),
                settings.storeRetries(),
                settings.storeRetryPause()));
    metrics.watch(board, log::state);
    this.starter = new Thread(this::begin, "eval-start");
    this.starter.setDaemon(true);
  }

  public void start() {
    starter.start();
  }

  private void begin() {
    while (closing.getCount() > 0) {
      try {
        view.start();
        log.awaitReady(FIRST_READ);
        view.awaitReady(FIRST_READ);
        worker.start();
        started = true;
        LOG.info("The topics have been read; evaluations are taken");
        return;
      } catch (InterruptException e) {
        // It has set the thread's interrupt status again.
        return;
      } catch (JobLogUnavailableException | KafkaException e) {
        LOG.warnf("Kafka cannot be used yet, trying again: %s", e.getMessage());
      }
      try {
        closing.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void apply(JobLogChange change) {
    // One of a worker that does not hold the evaluation says nothing about it.
    if (change.verdict() != Verdict.ACCEPTED) {
      return;
    }
    if (change.event().data() instanceof EvaluationProgressed progressed) {
      board.progressed(progressed);
    } else if (change.event().data() instanceof EvaluationReleased released) {
      board.released(released);
    }
  }

  /** What it reads all the time. */
  public List<TopicFollower> followers() {
    return List.of(view, log.follower());
  }

  public EvaluationBoard board() {
    return board;
  }

  public ModelBoard models() {
    return models;
  }

  /** Models that an evaluation names and that have not been heard of: it waits for them. */
  public List<String> awaited(EvaluationRequested request) {
    return awaited.of(request);
  }

  /** Where an evaluation stands on the log. */
  public JobState state(String evaluationId) {
    return log.state(evaluationId);
  }

  /** Whether its worker takes evaluations. */
  public WorkerFitness fitness() {
    return fitness;
  }

  /** Whether the topics were read to their end once and evaluations are taken. */
  public boolean started() {
    return started;
  }

  /** Whether the threads that must live do. */
  public boolean alive() {
    return !started || worker.alive();
  }

  /** Stops in good order. */
  public void stop(Duration grace) throws InterruptedException {
    closing.countDown();
    starter.interrupt();
    starter.join(1_000);
    worker.stop(grace);
    close();
  }

  /** Disconnects; what runs is left to its lease. */
  @Override
  public void close() {
    closing.countDown();
    starter.interrupt();
    view.close();
    log.close();
    writer.close();
  }
}
