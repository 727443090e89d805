package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.RunView;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.DatasetSource;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.Topic;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code affinage run} shows its run whatever else bears the run's id. */
class HostileRunTest {
  private static final int OF_EACH_EXAMPLE = 30;

  @TempDir private Path folder;
  private final EventView view = new EventView();
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();

  @Test
  void shouldShowARunAmongHostileRecordsOfItsId() throws IOException {
    Terminal terminal =
        new Terminal(
            new PrintStream(told, true, StandardCharsets.UTF_8),
            new PrintStream(told, true, StandardCharsets.UTF_8),
            false,
            100);
    RunRequest request =
        new RunRequest(
            "n",
            new DatasetSource.Reference("file:///x", null, null),
            DataRules.DETECTED,
            List.of());
    FolderArtifactStore store = new FolderArtifactStore(folder);
    for (Topic topic : Interest.RUNS.topics()) {
      HostileRecords hostility = new HostileRecords(topic.name().hashCode());
      for (ProducerRecord<byte[], byte[]> example : ExampleRecords.of(topic.name())) {
        Stream.concat(hostility.each(example), hostility.some(example, OF_EACH_EXAMPLE))
            .forEach(
                hostile -> {
                  if (isTaken(hostile.record())) {
                    show(hostile.kind(), new RunProgress(terminal, request, view, store));
                  }
                });
      }
    }
    assertThat(view.run("run-example")).isPresent();
    assertThat(told.toString(StandardCharsets.UTF_8)).contains("dataset   ");
  }

  private void show(String kind, RunProgress progress) {
    Optional<RunView> run = view.run("run-example");
    try {
      run.ifPresent(progress::show);
    } catch (RuntimeException e) {
      throw new AssertionError(kind, e);
    }
  }

  private boolean isTaken(ProducerRecord<byte[], byte[]> sent) {
    ConsumerRecord<byte[], byte[]> record = HostileRecords.asRead(sent);
    try {
      return record.value() != null && view.accept(EventCodec.decode(record), record);
    } catch (EventException e) {
      return false;
    }
  }
}
