package io.affinage.trainer.kafka;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.Event;
import io.affinage.events.EventFactory;
import io.affinage.events.NewsSender;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.follow.TopicFollower;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.LogClock;
import io.affinage.events.lease.WorkerFitness;
import io.affinage.events.lease.kafka.JobClaimer;
import io.affinage.events.lease.kafka.JobLogReader;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import io.affinage.events.lease.kafka.JobLogWriter;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.job.DatasetView;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobCommands;
import io.affinage.trainer.job.ModelView;
import io.affinage.trainer.job.Recorded;
import io.affinage.trainer.work.JobClaims;
import io.affinage.trainer.work.Trainer;
import io.affinage.trainer.work.WorkMetrics;
import io.affinage.trainer.work.WorkSettings;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jboss.logging.Logger;

/**
 * One trainer on the log: its view of the topics, its claims, its worker. Starts without a broker
 * and begins to work once there is one. Several may live in one process, each with a worker id of
 * its own.
 */
public final class TrainerRuntime implements AutoCloseable {
  /** What jobs follow from, beside the training log. */
  private static final List<Topic> TOPICS =
      List.of(
          Topics.DATASET_SUBMITTED,
          Topics.DATASET_READY,
          Topics.DATASET_REJECTED,
          Topics.TRAINING_REQUESTED,
          Topics.TRAINING_PROGRESS,
          Topics.TRAINING_FAILED,
          Topics.MODEL_REGISTERED);

  private static final Logger LOG = Logger.getLogger(TrainerRuntime.class);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration FIRST_READ = Duration.ofMinutes(5);

  private final KafkaClients clients;
  private final DatasetView datasets = new DatasetView();
  private final ModelView models = new ModelView();
  private final JobBoard board;
  private final TopicFollower view;
  private final JobLogReader log;
  private final JobLogWriter logWriter;
  private final EventWriter writer;
  private final NewsSender news;
  private final JobCommands commands;
  private final Trainer trainer;
  private final WorkerFitness fitness;
  private final Thread starter;
  private volatile boolean started;

  /**
   * @param bases makes the finder of base models over the view of registered ones
   * @param commandTimeout how long users' commands wait for the broker
   */
  public TrainerRuntime(
      String workerId,
      KafkaClients clients,
      ArtifactStore artifacts,
      TrainingEngine engine,
      Function<ModelView, BaseModels> bases,
      WorkMetrics metrics,
      WorkSettings settings,
      Duration commandTimeout) {
    this.clients = clients;
    LogClock clock = new LogClock();
    this.board = new JobBoard(datasets, models, clock);
    this.view =
        new TopicFollower(
            "job-board",
            clients.connection(),
            TOPICS,
            IsolationLevel.READ_UNCOMMITTED,
            this::apply);
    EventFactory events = new EventFactory("/affinage/trainer-service", Clock.systemUTC());
    this.log = JobLogReader.start(clients.connection(), JobLog.TRAINING, clock, board::apply);
    this.logWriter = new JobLogWriter(clients.connection(), JobLog.TRAINING);
    this.writer = new EventWriter(clients.producer(), events);
    this.news = new NewsSender(clients.connection(), Topics.TRAINING_PROGRESS, metrics::unsent);
    this.commands = new KafkaJobCommands(writer, view, logWriter, log, events, commandTimeout);
    this.fitness = new WorkerFitness(settings.faultPause(), InstantSource.system());
    this.trainer =
        new Trainer(
            board,
            claims(workerId, events, metrics, settings.lease()),
            claims(workerId + "-settling", events, metrics, settings.lease()),
            engine,
            bases.apply(models),
            artifacts,
            metrics,
            fitness,
            settings);
    this.starter = new Thread(this::begin, "trainer-start");
    this.starter.setDaemon(true);
  }

  private JobClaims claims(
      String workerId, EventFactory events, WorkMetrics metrics, Duration lease) {
    JobClaimer claimer =
        new JobClaimer(
            clients.connection(), JobLog.TRAINING, log, logWriter, events, workerId, lease);
    return new KafkaJobClaims(claimer, events, news, metrics);
  }

  public void start() {
    starter.start();
  }

  private void begin() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        view.start();
        view.awaitReady(FIRST_READ);
        log.awaitReady(FIRST_READ);
        trainer.start();
        started = true;
        LOG.info("The trainer has read the topics and takes jobs");
        return;
      } catch (InterruptException e) {
        // It has set the thread's interrupt status again.
        return;
      } catch (JobLogUnavailableException | KafkaException e) {
        LOG.warnf("Kafka cannot be used yet, trying again: %s", e.getMessage());
        pause();
      }
    }
  }

  private void apply(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
    if (event.data() instanceof TrainingRequested) {
      TrainingRequests.check(event.as(TrainingRequested.class));
    }
    board.apply(new Recorded(event, record.timestamp()));
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the topics were read to their end once and jobs are taken. */
  public boolean started() {
    return started;
  }

  /** Whether the worker's threads live. */
  public boolean alive() {
    return !started || trainer.alive();
  }

  /** Whether it can do jobs, as far as it knows. */
  public WorkerFitness fitness() {
    return fitness;
  }

  /** What it reads all the time. */
  public List<TopicFollower> followers() {
    return List.of(view, log.follower());
  }

  public JobBoard board() {
    return board;
  }

  public DatasetView datasets() {
    return datasets;
  }

  public ModelView models() {
    return models;
  }

  public JobCommands commands() {
    return commands;
  }

  /** Stops in good order: checkpoint, release, disconnect. */
  public void stop(Duration grace) throws InterruptedException {
    starter.interrupt();
    starter.join(1000);
    trainer.stop(grace);
    close();
  }

  /** Disconnects at once; what runs is left to its lease. */
  @Override
  public void close() {
    view.close();
    log.close();
    logWriter.close();
    news.close();
    writer.close();
  }
}
