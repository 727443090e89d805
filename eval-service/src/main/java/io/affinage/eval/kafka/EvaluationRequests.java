package io.affinage.eval.kafka;

import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.RequestRules;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * The request channel. A request is recorded by the topic itself, which every instance's view
 * reads; this consumer group only sees to it that each poison record is put aside once, with its
 * reason.
 */
@ApplicationScoped
public class EvaluationRequests {
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

  static Event<EvaluationRequested> check(Event<EvaluationRequested> event) {
    RequestRules.require(event.data());
    return event;
  }
}
