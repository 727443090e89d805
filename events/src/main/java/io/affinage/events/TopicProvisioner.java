package io.affinage.events;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Creates the topics that are missing. What exists is never changed: differences are reported, for
 * people or for Strimzi to settle. Safe to run from several services at once.
 */
public final class TopicProvisioner {
  private final Admin admin;
  private final int partitions;
  private final short replication;

  /**
   * @param admin connected to the cluster; stays the caller's
   * @param partitions of each new topic (dead-letter topics get one)
   * @param replication copies of each new topic
   */
  public TopicProvisioner(Admin admin, int partitions, int replication) {
    if (partitions < 1 || replication < 1 || replication > Short.MAX_VALUE) {
      throw new IllegalArgumentException(
          "partitions (%d) and replication (%d) start at 1".formatted(partitions, replication));
    }
    this.admin = admin;
    this.partitions = partitions;
    this.replication = (short) replication;
  }

  /**
   * What was done and what is not as it should be.
   *
   * @param created names of new topics
   * @param differences one line for people per setting that differs on an older topic
   */
  public record Report(List<String> created, List<String> differences) {}

  /**
   * Makes sure that every topic of {@link Topics#all()} exists.
   *
   * @throws KafkaException when the cluster cannot be reached or refuses
   */
  public Report provision() {
    return provision(Topics.all());
  }

  /** As {@link #provision()}, for some topics. */
  public Report provision(Collection<Topic> topics) {
    List<String> created = create(topics);
    List<Topic> older = topics.stream().filter(topic -> !created.contains(topic.name())).toList();
    return new Report(created, differences(older));
  }

  private int partitionsOf(Topic topic) {
    return topic.accepts().isEmpty() ? 1 : partitions;
  }

  private List<String> create(Collection<Topic> topics) {
    CreateTopicsResult result =
        admin.createTopics(
            topics.stream()
                .map(
                    topic ->
                        new NewTopic(topic.name(), partitionsOf(topic), replication)
                            .configs(topic.configuration()))
                .toList());
    List<String> created = new ArrayList<>();
    for (Topic topic : topics) {
      try {
        result.values().get(topic.name()).get();
        created.add(topic.name());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw failed("topic " + topic.name() + " not created", e);
        }
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
    return created;
  }

  private List<String> differences(List<Topic> topics) {
    try {
      Map<String, TopicDescription> descriptions =
          admin.describeTopics(topics.stream().map(Topic::name).toList()).allTopicNames().get();
      Map<ConfigResource, Config> configurations =
          admin.describeConfigs(topics.stream().map(topic -> resource(topic)).toList()).all().get();
      List<String> differences = new ArrayList<>();
      for (Topic topic : topics) {
        TopicDescription description = descriptions.get(topic.name());
        compare(
            topic, "partitions", partitionsOf(topic), description.partitions().size(), differences);
        compare(
            topic,
            "replication",
            replication,
            description.partitions().get(0).replicas().size(),
            differences);
        Map<String, String> actual =
            configurations.get(resource(topic)).entries().stream()
                .filter(entry -> entry.value() != null)
                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
        topic
            .configuration()
            .forEach((name, value) -> compare(topic, name, value, actual.get(name), differences));
      }
      return List.copyOf(differences);
    } catch (ExecutionException e) {
      throw failed("topics not described", e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static void compare(
      Topic topic, String setting, Object wanted, Object actual, List<String> differences) {
    if (!wanted.toString().equals(String.valueOf(actual))) {
      differences.add("%s: %s is %s, expected %s".formatted(topic.name(), setting, actual, wanted));
    }
  }

  private static ConfigResource resource(Topic topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
  }

  private static KafkaException failed(String what, ExecutionException e) {
    return new KafkaException(what + ": " + e.getCause().getMessage(), e.getCause());
  }

  private static KafkaException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new KafkaException("interrupted while provisioning topics", e);
  }
}
