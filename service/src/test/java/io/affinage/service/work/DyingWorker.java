package io.affinage.service.work;

import static io.affinage.service.work.WorkBench.text;

import io.affinage.events.ErrorDetail;
import io.affinage.events.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A process of its own that dies, without a word to anyone, of a record whose key says so. */
final class DyingWorker implements RecordHandler {

  public static void main(String[] arguments) throws InterruptedException {
    Map<String, Object> connection =
        Map.of("bootstrap.servers", arguments[0], "session.timeout.ms", "6000");
    new ShortWork(
            "dying-worker",
            Topics.REWARD_REQUESTED,
            connection,
            WorkBench.config("worker-1"),
            2,
            1,
            new DyingWorker(),
            new SimpleMeterRegistry())
        .start();
  }

  @Override
  public Traits traits(ConsumerRecord<byte[], byte[]> record) {
    return new Traits("", false);
  }

  @Override
  public WorkResult handle(ConsumerRecord<byte[], byte[]> record, long readNanos) {
    if (text(record.key()).startsWith("die")) {
      Runtime.getRuntime().halt(3);
    }
    return new WorkResult(List.of(WorkBench.answer(record.key(), 10)));
  }

  @Override
  public WorkResult giveUp(ConsumerRecord<byte[], byte[]> record, ErrorDetail why) {
    byte[] key = ("error:" + text(record.key())).getBytes(StandardCharsets.UTF_8);
    return new WorkResult(List.of(WorkBench.answer(key, 10)));
  }
}
