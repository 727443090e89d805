package io.affinage.eval.kafka;

import io.affinage.events.EvaluationRequested;
import io.affinage.events.EventData;
import io.affinage.events.Intake;
import io.affinage.events.RequestRules;
import io.affinage.events.Topics;
import io.affinage.events.follow.PoisonFilter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The request topic as a group reads it. */
public final class EvaluationRequests {
  private static final String GROUP = "eval-service";

  /** Requests remembered for counting; nothing else depends on it. */
  private static final int REMEMBERED = 10_000;

  private final EvaluationMetrics metrics;

  // Of the filter's thread.
  private final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  private EvaluationRequests(EvaluationMetrics metrics) {
    this.metrics = metrics;
  }

  /**
   * Puts aside what is no request, and counts what was requested before.
   *
   * @param connection bootstrap servers and security
   */
  public static PoisonFilter filter(Map<String, Object> connection, EvaluationMetrics metrics) {
    return new PoisonFilter(
        connection,
        GROUP,
        Topics.EVALUATION_REQUESTED,
        EvaluationRequests::read,
        new EvaluationRequests(metrics)::count);
  }

  private static Intake<EvaluationRequested> read(ConsumerRecord<byte[], byte[]> record) {
    return Intake.of(
        Topics.EVALUATION_REQUESTED, EvaluationRequested.class, RequestRules::require, record);
  }

  private void count(Intake<? extends EventData> intake, ConsumerRecord<byte[], byte[]> record) {
    if (!(intake instanceof Intake.Accepted<?> accepted)) {
      metrics.deadLetter();
    } else if (seen.put(accepted.request().data().key(), true) != null) {
      metrics.duplicate();
    }
  }
}
