package io.affinage.service.work;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What may be begun. Producers take turns, so that one that sends ten thousand records holds up no
 * other; those of one producer keep their order. For one thread.
 */
final class FairQueue {
  /** Producers that take turns; more of them share the turn of the last. */
  private static final int MAX_PRODUCERS = 1_000;

  private static final String OTHERS = "";

  private final Map<String, Deque<PendingRecord>> waiting = new LinkedHashMap<>();

  void add(PendingRecord work) {
    String producer = work.traits().producer();
    if (!waiting.containsKey(producer) && waiting.size() >= MAX_PRODUCERS) {
      producer = OTHERS;
    }
    waiting.computeIfAbsent(producer, name -> new ArrayDeque<>()).add(work);
  }

  /** Takes the next record that may be begun, as the caller says. */
  Optional<PendingRecord> next(Predicate<PendingRecord> mayBegin) {
    for (Iterator<Map.Entry<String, Deque<PendingRecord>>> turns = waiting.entrySet().iterator();
        turns.hasNext(); ) {
      Map.Entry<String, Deque<PendingRecord>> turn = turns.next();
      for (Iterator<PendingRecord> works = turn.getValue().iterator(); works.hasNext(); ) {
        PendingRecord work = works.next();
        if (mayBegin.test(work)) {
          works.remove();
          // Its next turn comes after everybody else's.
          turns.remove();
          if (!turn.getValue().isEmpty()) {
            waiting.put(turn.getKey(), turn.getValue());
          }
          return Optional.of(work);
        }
      }
    }
    return Optional.empty();
  }

  void removeIf(Predicate<PendingRecord> gone) {
    waiting.values().forEach(works -> works.removeIf(gone));
    waiting.values().removeIf(Deque::isEmpty);
  }
}
