package io.affinage.events.follow;

import io.affinage.events.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Which partitions topics have, and where those end. Thread-safe. */
final class TopicOffsets implements AutoCloseable {
  private final Admin admin;

  TopicOffsets(Map<String, Object> connection) {
    this.admin = Admin.create(new HashMap<>(connection));
  }

  /**
   * What the cluster has of some topics.
   *
   * @param ids of the topics that exist; another one after a topic was deleted and made again
   * @param missing names
   */
  record Found(List<TopicPartition> partitions, Map<String, Uuid> ids, Set<String> missing) {}

  /**
   * @throws TopicsUnavailableException when the broker does not answer in time, or refuses
   */
  Found find(Collection<Topic> topics, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    Map<String, KafkaFuture<TopicDescription>> asked =
        admin.describeTopics(topics.stream().map(Topic::name).toList()).topicNameValues();
    List<TopicPartition> partitions = new ArrayList<>();
    Map<String, Uuid> ids = new HashMap<>();
    Set<String> missing = new HashSet<>();
    asked.forEach(
        (name, answer) -> {
          try {
            TopicDescription found = answer(answer, deadline, "topic " + name);
            ids.put(name, found.topicId());
            found
                .partitions()
                .forEach(part -> partitions.add(new TopicPartition(name, part.partition())));
          } catch (TopicsUnavailableException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
              throw e;
            }
            missing.add(name);
          }
        });
    return new Found(partitions, ids, missing);
  }

  /**
   * Where partitions end.
   *
   * @param level whether records of open transactions count
   * @throws TopicsUnavailableException when the broker does not answer in time
   */
  Map<TopicPartition, Long> ends(
      Collection<TopicPartition> partitions, IsolationLevel level, Duration timeout) {
    if (partitions.isEmpty()) {
      return Map.of();
    }
    long deadline = System.nanoTime() + timeout.toNanos();
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
    Map<TopicPartition, ListOffsetsResultInfo> answer =
        answer(
            admin.listOffsets(latest, new ListOffsetsOptions(level)).all(),
            deadline,
            "the end of " + partitions);
    Map<TopicPartition, Long> ends = new HashMap<>();
    answer.forEach((partition, end) -> ends.put(partition, end.offset()));
    return ends;
  }

  private static <T> T answer(KafkaFuture<T> future, long deadline, String what) {
    try {
      long nanos = Math.max(1_000_000, deadline - System.nanoTime());
      return future.get(nanos, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new TopicsUnavailableException(
          "%s is unknown: %s".formatted(what, e.getCause().getMessage()), e.getCause());
    } catch (TimeoutException e) {
      throw new TopicsUnavailableException(
          "%s is unknown: the broker does not answer in time".formatted(what), e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}
