package io.affinage.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.JobView;
import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.run.EvaluationReport;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.Topic;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/**
 * Whatever lies on the topics that commands read is shown or left out, and a good job and model are
 * still shown.
 */
class HostileRecordsTest {
  private static final int OF_EACH_EXAMPLE = 100;

  private final EventView view = new EventView();
  private int shown;
  private int leftOut;

  @Test
  void shouldShowOrLeaveOutEveryRecordAndGoOn() {
    for (Topic topic : Interest.RUNS.topics()) {
      HostileRecords hostility = new HostileRecords(topic.name().hashCode());
      for (ProducerRecord<byte[], byte[]> example : ExampleRecords.of(topic.name())) {
        Stream.concat(hostility.each(example), hostility.some(example, OF_EACH_EXAMPLE))
            .forEach(hostile -> take(hostile.kind(), hostile.record()));
      }
    }
    assertThat(shown).isGreaterThan(1_000);
    assertThat(leftOut).isGreaterThan(1_000);
    take(
        "good",
        ExampleRecords.record(
            "training.log",
            "io.affinage.training.claimed.v1",
            "good",
            "{\"jobId\":\"good\",\"attempt\":1,\"workerId\":\"w\",\"leaseMillis\":1000}"));

    assertThat(view.job("good").orElseThrow().status()).isEqualTo(JobView.Status.RUNNING);
    JobsReport jobs = new JobsReport(List.copyOf(view.jobs()));
    assertThat(jobs.lines()).anyMatch(line -> line.startsWith("good "));
    jobs.json();
    for (ModelSummary model : view.models()) {
      ModelsCommand.row(model);
      ModelsCommand.json(model);
      ModelChoice.find(view, model.registered().modelId());
      if (model.evaluation() != null) {
        report(model);
      }
    }
  }

  private static void report(ModelSummary model) {
    try {
      EvaluationReport report = new EvaluationReport(model.evaluation(), model.decision());
      report.lines();
      report.json();
      report.sampleLines(3);
    } catch (RuntimeException e) {
      throw new AssertionError(model.evaluation().toString(), e);
    }
  }

  private void take(String kind, ProducerRecord<byte[], byte[]> sent) {
    ConsumerRecord<byte[], byte[]> record = HostileRecords.asRead(sent);
    try {
      if (record.value() != null) {
        Event<?> event = EventCodec.decode(record);
        view.accept(event, record);
        LogsCommand.what(event.data());
        shown++;
      }
    } catch (EventException e) {
      leftOut++;
    } catch (Throwable e) {
      throw new AssertionError(kind, e);
    }
  }
}
