package io.affinage.events.lease.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventException;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.LeaseLostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A won attempt: the right to end the job. Opening it fences every earlier attempt's transactions.
 * Not thread-safe.
 */
public final class JobAttempt implements AutoCloseable {
  private static final int TRIES = 4;
  private static final Duration CATCH_UP = Duration.ofSeconds(60);
  private static final Duration GLANCE = Duration.ofSeconds(5);

  private final Map<String, Object> connection;
  private final JobLog log;
  private final JobLogReader reader;
  private final String jobId;
  private final int attempt;
  private final String workerId;
  private KafkaProducer<String, Event<?>> producer;
  // Whether an end was begun whose fate is not known.
  private boolean unsettled;

  private JobAttempt(
      Map<String, Object> connection,
      JobLog log,
      JobLogReader reader,
      String jobId,
      int attempt,
      String workerId) {
    this.connection = connection;
    this.log = log;
    this.reader = reader;
    this.jobId = jobId;
    this.attempt = attempt;
    this.workerId = workerId;
    this.producer = newProducer();
  }

  /**
   * Fences all others, then makes sure that the attempt is still this worker's.
   *
   * @throws LeaseLostException when it is not
   * @throws KafkaException or {@link JobLogUnavailableException} when the broker is away
   */
  static JobAttempt open(
      Map<String, Object> connection,
      JobLog log,
      JobLogReader reader,
      String jobId,
      int attempt,
      String workerId) {
    JobAttempt opened = new JobAttempt(connection, log, reader, jobId, attempt, workerId);
    try {
      opened.producer.initTransactions();
      reader.catchUp(CATCH_UP);
      opened.requireHeld();
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** The job. */
  public String jobId() {
    return jobId;
  }

  /** The number of the attempt, from 1. */
  public int attempt() {
    return attempt;
  }

  /** Its worker. */
  public String workerId() {
    return workerId;
  }

  /** The job's state now; holds the checkpoint to resume from and what its user wishes. */
  public JobState state() {
    return reader.state(jobId);
  }

  /** Whether, as far as is known here, nobody has taken over and the job has not ended. */
  public boolean isHeld() {
    return state().isHeldBy(attempt, workerId);
  }

  /**
   * Ends the job: its terminal event on the log and what follows from it become visible together,
   * or not at all. Tries again over broker failures, also when the fate of a commit is unknown.
   *
   * @param terminal an event that ends this job by this attempt
   * @param following records for public topics and the next stage's request; see {@link
   *     io.affinage.events.Topic#record}
   * @throws LeaseLostException when another attempt has taken over: nothing was published
   * @throws EventException when an event cannot be written: nothing was published
   * @throws KafkaException or {@link JobLogUnavailableException} when the broker stays away;
   *     whether the job ended is unknown then. Ending it again once the broker is back finds out,
   *     and ends it if it did not
   */
  public void end(Event<?> terminal, List<ProducerRecord<String, Event<?>>> following) {
    requireTerminal(terminal);
    for (int tries = 1; ; tries++) {
      try {
        if (unsettled && recover()) {
          return;
        }
        unsettled = true;
        commit(terminal, following);
        unsettled = false;
        return;
      } catch (EventException e) {
        unsettled = false;
        producer.abortTransaction();
        throw e;
      } catch (KafkaException | JobLogUnavailableException e) {
        if (tries == TRIES) {
          throw e;
        }
      }
    }
  }

  /**
   * Publishes events that do not end the job, all of them or none, and waits until they are there.
   * Who has lost the lease cannot. Tries again over broker failures; an event whose fate was
   * unknown may then be there twice, with the same id.
   *
   * @param records for topics other than the log
   * @throws LeaseLostException when another attempt has taken over: nothing was published
   * @throws EventException when an event cannot be written: nothing was published
   * @throws KafkaException or {@link JobLogUnavailableException} when the broker stays away
   */
  public void publish(List<ProducerRecord<String, Event<?>>> records) {
    for (int tries = 1; ; tries++) {
      try {
        if (unsettled && recover()) {
          throw new LeaseLostException(jobId, attempt, workerId, state());
        }
        unsettled = true;
        producer.beginTransaction();
        records.forEach(record -> producer.send(copy(record)));
        producer.commitTransaction();
        unsettled = false;
        return;
      } catch (EventException e) {
        unsettled = false;
        producer.abortTransaction();
        throw e;
      } catch (KafkaException | JobLogUnavailableException e) {
        if (tries == TRIES) {
          throw e;
        }
      }
    }
  }

  /** Gives up the right to end the job without a word; the lease runs out unless released. */
  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }

  private void commit(Event<?> terminal, List<ProducerRecord<String, Event<?>>> following) {
    producer.beginTransaction();
    producer.send(log.topic().record(terminal));
    following.forEach(record -> producer.send(copy(record)));
    // Waits for every send and throws what the first failed one threw.
    producer.commitTransaction();
  }

  /** A producer closes the headers of what it sends, so a second try needs a new record. */
  private static ProducerRecord<String, Event<?>> copy(ProducerRecord<String, Event<?>> record) {
    return new ProducerRecord<>(
        record.topic(),
        record.partition(),
        record.timestamp(),
        record.key(),
        record.value(),
        new RecordHeaders(record.headers()));
  }

  /**
   * After a failure: finds out what became of the transaction and gets ready for another.
   *
   * @return whether the job has ended by this very attempt
   */
  private boolean recover() {
    producer.close(Duration.ZERO);
    try {
      // Whoever has lost the lease must not fence its new holder.
      reader.catchUp(GLANCE);
      if (hasEndedByThis()) {
        return true;
      }
      requireHeld();
    } catch (JobLogUnavailableException e) {
      // Our own open transaction may hold readers up; the next line completes or aborts it.
    }
    producer = newProducer();
    producer.initTransactions();
    reader.catchUp(CATCH_UP);
    if (hasEndedByThis()) {
      return true;
    }
    requireHeld();
    return false;
  }

  private boolean hasEndedByThis() {
    return state() instanceof JobState.Terminal terminal && terminal.attempt() == attempt;
  }

  private void requireHeld() {
    if (!isHeld()) {
      throw new LeaseLostException(jobId, attempt, workerId, state());
    }
  }

  private void requireTerminal(Event<?> event) {
    boolean fits =
        log.entry(event.data())
            .filter(
                entry ->
                    entry instanceof JobEntry.Ended ended
                        && ended.jobId().equals(jobId)
                        && ended.attempt() == attempt)
            .isPresent();
    if (!fits) {
      throw new IllegalArgumentException(
          "%s does not end attempt %d of %s".formatted(event.metadata().type(), attempt, jobId));
    }
  }

  private KafkaProducer<String, Event<?>> newProducer() {
    Map<String, Object> configuration = KafkaDefaults.producer(connection);
    configuration.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, log.topic().name() + "/" + jobId);
    // Readers of the partition wait for an open transaction; one whose worker died ends soon.
    configuration.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 15_000);
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
    return new KafkaProducer<>(configuration, new StringSerializer(), new EventSerializer());
  }
}
