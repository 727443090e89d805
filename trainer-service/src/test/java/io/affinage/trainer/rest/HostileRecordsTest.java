package io.affinage.trainer.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.JobViews;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.DatasetView;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobEvent;
import io.affinage.trainer.job.JobStatus;
import io.affinage.trainer.job.ModelView;
import io.affinage.trainer.job.Recorded;
import io.affinage.trainer.kafka.TrainingRequests;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/**
 * Whatever lies on the topics that a trainer reads is applied or refused; afterwards every job can
 * still be shown and considered for work, and a good request is answered.
 */
class HostileRecordsTest {
  private static final int OF_EACH_EXAMPLE = 80;
  private static final long TIME = 1_767_323_045_678L;

  private final ObjectMapper json = new ObjectMapper();
  private final DatasetView datasets = new DatasetView();
  private final JobViews views = new JobViews();
  private final JobBoard board = new JobBoard(datasets, new ModelView(), Instant::now);
  private int applied;
  private int refused;

  @Test
  void shouldApplyOrRefuseEveryRecordAndGoOn() throws Exception {
    for (Topic topic :
        List.of(
            Topics.DATASET_SUBMITTED,
            Topics.DATASET_READY,
            Topics.DATASET_REJECTED,
            Topics.TRAINING_REQUESTED,
            Topics.TRAINING_LOG,
            Topics.TRAINING_PROGRESS,
            Topics.TRAINING_FAILED,
            Topics.MODEL_REGISTERED)) {
      HostileRecords hostility = new HostileRecords(topic.name().hashCode());
      for (ProducerRecord<byte[], byte[]> example : ExampleRecords.of(topic.name())) {
        Stream.concat(hostility.each(example), hostility.some(example, OF_EACH_EXAMPLE))
            .forEach(hostile -> take(hostile.kind(), hostile.record()));
        String id = "good-" + topic.name() + "-" + applied;
        take("good", request(id));
        assertThat(board.find(id).orElseThrow().status()).isEqualTo(JobStatus.QUEUED);
      }
    }
    assertThat(applied).isGreaterThan(1_000);
    assertThat(refused).isGreaterThan(1_000);
    for (Job job : board.all()) {
      show(job);
      consider(job);
    }
  }

  private void take(String kind, ProducerRecord<byte[], byte[]> sent) {
    ConsumerRecord<byte[], byte[]> record = read(sent);
    try {
      if (record.value() == null) {
        return;
      }
      Event<?> event = EventCodec.decode(record);
      if (record.topic().equals(Topics.TRAINING_LOG.name())) {
        fold(event);
      } else {
        if (event.data() instanceof TrainingRequested) {
          TrainingRequests.check(event.as(TrainingRequested.class));
        }
        board.apply(new Recorded(event, record.timestamp()));
      }
      applied++;
    } catch (EventException e) {
      refused++;
    } catch (Throwable e) {
      throw new AssertionError(kind, e);
    }
  }

  private void fold(Event<?> event) {
    JobEntry entry;
    try {
      entry = JobLog.TRAINING.entry(event.data()).orElseThrow();
    } catch (IllegalArgumentException e) {
      throw new EventException("invalid_event_data", e.getMessage(), e);
    }
    JobState before = views.state(entry.jobId());
    Instant time = Instant.ofEpochMilli(TIME);
    JobState.Transition transition = views.apply(event.metadata().id() + applied, entry, time);
    board.apply(
        new JobLogChange(
            entry.jobId(), event, time, before, transition.state(), transition.verdict()));
  }

  private void show(Job job) throws Exception {
    try {
      json.writeValueAsBytes(FineTuningJobView.of(job, TIME / 1_000));
      for (JobEvent event : board.events(job.id())) {
        json.writeValueAsBytes(FineTuningJobEvent.of(event));
      }
      board.checkpoints(job.id());
    } catch (RuntimeException e) {
      throw new AssertionError(job.request().toString(), e);
    }
  }

  /** As a worker does that looks for the next job: one that throws would hide all behind it. */
  private static void consider(Job job) {
    try {
      SpecResolver.resolve(
          job.request().spec(), BaseReference.parse(job.request().baseModel()).isScratch());
    } catch (InvalidSpecException | TrainingException e) {
      assertThat(e.getMessage()).isNotBlank();
    } catch (RuntimeException e) {
      throw new AssertionError(job.request().toString(), e);
    }
  }

  private static ProducerRecord<byte[], byte[]> request(String id) {
    return ExampleRecords.record(
        "training.requested",
        "io.affinage.training.requested.v1",
        id,
        """
        {"jobId":"%s","baseModel":"scratch","dataset":{"digest":"sha256:%s","kind":"FOLDER","size":1},
         "datasetName":"desk","spec":{"method":"pretrain"}}
        """
            .formatted(id, "ab".repeat(32)));
  }

  private static ConsumerRecord<byte[], byte[]> read(ProducerRecord<byte[], byte[]> record) {
    return new ConsumerRecord<>(
        record.topic(),
        0,
        0,
        TIME,
        TimestampType.LOG_APPEND_TIME,
        -1,
        -1,
        record.key(),
        record.value(),
        record.headers(),
        Optional.empty());
  }
}
