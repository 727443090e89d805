package io.affinage.eval.kafka;

import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * The request channel. A request is recorded by the topic itself, which every instance's view
 * reads; this consumer group only sees to it that each poison record is put aside once, with its
 * reason.
 */
@ApplicationScoped
public class EvaluationRequests {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,199}");

  /** Requests remembered for counting; nothing else depends on it. */
  private static final int REMEMBERED = 10_000;

  private final EvaluationMetrics metrics;
  private final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  EvaluationRequests(EvaluationMetrics metrics) {
    this.metrics = metrics;
  }

  @Incoming("evaluation-requested")
  void accept(ConsumerRecord<byte[], byte[]> record) {
    try {
      Event<EvaluationRequested> event =
          check(EventCodec.decode(record).as(EvaluationRequested.class));
      synchronized (seen) {
        if (seen.put(event.data().evaluationId(), true) != null) {
          metrics.duplicate();
        }
      }
    } catch (RuntimeException poison) {
      metrics.deadLetter();
      throw poison;
    }
  }

  /** The id becomes part of a transactional id and of URLs. */
  static Event<EvaluationRequested> check(Event<EvaluationRequested> event) {
    if (!ID.matcher(event.data().evaluationId()).matches()) {
      throw new EventException(
          "invalid_event_data",
          "evaluationId must be up to 200 letters, digits, '.', '_', ':' or '-'");
    }
    return event;
  }
}
