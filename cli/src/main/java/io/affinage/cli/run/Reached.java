package io.affinage.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventJson;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RolloutsSampled;
import io.affinage.events.RolloutsScored;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.follow.TopicListener;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The artifacts that events name, of everything that is on the topics: all of them are in use, but
 * checkpoints and rollouts of jobs that have ended. A model's own record is named by the model.
 */
public final class Reached implements TopicListener {
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

  private final Set<String> named = new HashSet<>();
  private final Map<String, Set<String>> ofJobs = new HashMap<>();
  private final Map<String, Instant> begun = new HashMap<>();
  private final Set<String> ended = new HashSet<>();

  @Override
  public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
    EventData data = event.data();
    Set<String> into = named;
    if (data instanceof TrainingCheckpointed
        || data instanceof RolloutsSampled
        || data instanceof RolloutsScored) {
      into = ofJobs.computeIfAbsent(data.key(), job -> new HashSet<>());
    }
    add(EventJson.mapper().valueToTree(data), into);
    Instant at = Instant.ofEpochMilli(record.timestamp());
    if (data instanceof TrainingRequested asked) {
      begun.merge("job " + asked.jobId(), at, Reached::earlier);
    } else if (data instanceof EvaluationRequested asked) {
      begun.merge("evaluation " + asked.evaluationId(), at, Reached::earlier);
    } else if (data instanceof DatasetSubmitted asked) {
      begun.merge("submission " + asked.submissionId(), at, Reached::earlier);
    } else if (data instanceof ModelRegistered end) {
      ended.add("job " + end.jobId());
    } else if (data instanceof TrainingFailed || data instanceof TrainingCancelled) {
      ended.add("job " + data.key());
    } else if (data instanceof EvaluationCompleted end) {
      ended.add("evaluation " + end.evaluationId());
    } else if (data instanceof EvaluationFailed end) {
      ended.add("evaluation " + end.evaluationId());
    } else if (data instanceof DatasetReady end) {
      ended.add("submission " + end.submissionId());
    } else if (data instanceof DatasetRejected end) {
      ended.add("submission " + end.submissionId());
    }
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private static void add(JsonNode node, Set<String> into) {
    if (node.isTextual()) {
      Matcher digests = DIGEST.matcher(node.textValue());
      while (digests.find()) {
        into.add(digests.group());
      }
    }
    node.forEach(each -> add(each, into));
  }

  /** Digests that are in use. */
  public Collection<String> digests() {
    Set<String> all = new HashSet<>(named);
    ofJobs.forEach(
        (job, digests) -> {
          if (!ended.contains("job " + job)) {
            all.addAll(digests);
          }
        });
    return all;
  }

  /**
   * When the oldest work began that has not ended: what was stored since then may be in use by it,
   * though no event names it yet.
   */
  public Optional<Instant> oldestWork() {
    return begun.entrySet().stream()
        .filter(each -> !ended.contains(each.getKey()))
        .map(Map.Entry::getValue)
        .min(Comparator.naturalOrder());
  }

  /** Jobs, evaluations and submissions that have not ended. */
  public long openWork() {
    return begun.keySet().stream().filter(each -> !ended.contains(each)).count();
  }
}
