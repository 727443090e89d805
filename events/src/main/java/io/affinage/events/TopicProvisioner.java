package io.affinage.events;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

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
   * @param missing names of topics that are not there and could not be made, each with the reason
   * @param differences one line for people per setting that differs on an older topic
   */
  public record Report(
      List<String> created, Map<String, String> missing, List<String> differences) {}

  /**
   * Makes sure that every topic of {@link Topics#all()} exists, as far as the rights go.
   *
   * @throws KafkaException when the cluster cannot be reached
   */
  public Report provision() {
    return provision(Topics.all());
  }

  /** As {@link #provision()}, for some topics. */
  public Report provision(Collection<Topic> topics) {
    Map<String, TopicDescription> found = new HashMap<>();
    Map<String, String> missing = new TreeMap<>();
    List<Topic> absent = find(topics, found, missing);
    List<String> created = create(absent, missing);
    return new Report(
        created,
        Collections.unmodifiableMap(missing),
        differences(
            topics.stream().filter(topic -> found.containsKey(topic.name())).toList(), found));
  }

  private int partitionsOf(Topic topic) {
    return topic.accepts().isEmpty() ? 1 : partitions;
  }

  /**
   * Looks before it creates: who may only describe a topic is refused its creation, whether it
   * exists or not.
   */
  private List<Topic> find(
      Collection<Topic> topics, Map<String, TopicDescription> found, Map<String, String> missing) {
    Map<String, KafkaFuture<TopicDescription>> asked =
        admin.describeTopics(topics.stream().map(Topic::name).toList()).topicNameValues();
    List<Topic> absent = new ArrayList<>();
    for (Topic topic : topics) {
      try {
        found.put(topic.name(), asked.get(topic.name()).get());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof UnknownTopicOrPartitionException) {
          absent.add(topic);
        } else if (e.getCause() instanceof AuthorizationException) {
          missing.put(topic.name(), "it may not be described: " + e.getCause().getMessage());
        } else {
          throw failed("topic " + topic.name() + " not described", e);
        }
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
    return absent;
  }

  private List<String> create(List<Topic> absent, Map<String, String> missing) {
    if (absent.isEmpty()) {
      return List.of();
    }
    CreateTopicsResult result =
        admin.createTopics(
            absent.stream()
                .map(
                    topic ->
                        new NewTopic(topic.name(), partitionsOf(topic), replication)
                            .configs(topic.configuration()))
                .toList());
    List<String> created = new ArrayList<>();
    for (Topic topic : absent) {
      try {
        result.values().get(topic.name()).get();
        created.add(topic.name());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RetriableException) {
          throw failed("topic " + topic.name() + " not created", e);
        }
        // Where it exists by now, another service was quicker.
        if (!(e.getCause() instanceof TopicExistsException)) {
          missing.put(topic.name(), "it cannot be created: " + e.getCause().getMessage());
        }
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
    return List.copyOf(created);
  }

  private List<String> differences(List<Topic> topics, Map<String, TopicDescription> descriptions) {
    Map<ConfigResource, KafkaFuture<Config>> configurations =
        admin.describeConfigs(topics.stream().map(topic -> resource(topic)).toList()).values();
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
      try {
        Map<String, String> actual =
            configurations.get(resource(topic)).get().entries().stream()
                .filter(entry -> entry.value() != null)
                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
        topic
            .configuration()
            .forEach((name, value) -> compare(topic, name, value, actual.get(name), differences));
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof AuthorizationException
            || e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw failed("settings of topic " + topic.name() + " not described", e);
        }
        differences.add(
            "%s: its settings are not known: %s"
                .formatted(topic.name(), e.getCause().getMessage()));
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
    return List.copyOf(differences);
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
