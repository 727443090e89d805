package io.affinage.service.work;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;

/**
 * The records of one partition that were read and are not all answered yet. The first unanswered
 * one is where a reader would go on; which later ones are answered is told beside the offset. For
 * one thread.
 */
final class PartitionWindow {
  /** Most offsets between the first unanswered record and the last that was read. */
  static final int MAX_OFFSETS = 5_000;

  /** After a death, records are worked on one by one until so many are answered. */
  private static final int CAREFUL_RECORDS = 200;

  private final TreeMap<Long, PendingRecord> unanswered = new TreeMap<>();
  private final Map<ByteBuffer, Deque<PendingRecord>> byKey = new HashMap<>();
  private final TreeSet<Long> answered = new TreeSet<>();
  private final Map<Long, Integer> begunBefore = new HashMap<>();
  private long end;
  private long bytes;
  private int careful;
  private boolean marked;

  /**
   * @param offset the committed one
   * @param mark what was kept beside it
   */
  PartitionWindow(long offset, WindowMark mark) {
    this.end = offset;
    mark.done().stream().forEach(distance -> answered.add(offset + distance));
    mark.begun().forEach((distance, times) -> begunBefore.put(offset + distance, times));
    this.careful = mark.begun().isEmpty() ? 0 : CAREFUL_RECORDS;
  }

  /**
   * Takes in a record that was read.
   *
   * @return whether it may be begun at once: it is not answered, and the first of its key
   */
  boolean add(PendingRecord work) {
    end = Math.max(end, work.offset() + 1);
    if (answered.contains(work.offset())) {
      return false;
    }
    unanswered.put(work.offset(), work);
    bytes += work.size();
    Deque<PendingRecord> same = byKey.computeIfAbsent(key(work), key -> new ArrayDeque<>(1));
    same.add(work);
    return same.size() == 1;
  }

  /**
   * Takes in that a record is answered, for good.
   *
   * @return the record that may be begun now, as the next of its key
   */
  Optional<PendingRecord> answered(PendingRecord work) {
    unanswered.remove(work.offset());
    begunBefore.remove(work.offset());
    answered.add(work.offset());
    answered.headSet(offset(Set.of())).clear();
    bytes -= work.size();
    careful = Math.max(0, careful - 1);
    Deque<PendingRecord> same = byKey.get(key(work));
    same.remove(work);
    if (same.isEmpty()) {
      byKey.remove(key(work));
    }
    return Optional.ofNullable(same.peek());
  }

  boolean contains(PendingRecord work) {
    return unanswered.get(work.offset()) == work;
  }

  /** Whether records here are worked on one by one, for one of them may end the process. */
  boolean isCareful() {
    return careful > 0;
  }

  /** How often processes began the record and died before it ended. */
  int deaths(PendingRecord work) {
    return begunBefore.getOrDefault(work.offset(), 0);
  }

  /** Who knows better than the mark says so: it began the record itself, and lives. */
  void correctDeaths(PendingRecord work, int deaths) {
    if (deaths == 0) {
      begunBefore.remove(work.offset());
    } else {
      begunBefore.put(work.offset(), deaths);
    }
  }

  /** Whether this process has told that it works here; to be told before the first record. */
  boolean isMarked() {
    return marked;
  }

  void marked() {
    marked = true;
  }

  boolean isFull(long mostBytes) {
    return bytes >= mostBytes || end - offset(Set.of()) >= MAX_OFFSETS;
  }

  int size() {
    return unanswered.size();
  }

  /**
   * What to commit once some more records are answered.
   *
   * @param more become visible with the commit
   * @param underWay are worked on meanwhile
   */
  OffsetAndMetadata after(Set<PendingRecord> more, Collection<PendingRecord> underWay) {
    long offset = offset(more);
    BitSet done = new BitSet();
    for (long each : answered.tailSet(offset)) {
      done.set(Math.toIntExact(each - offset));
    }
    more.stream()
        .filter(work -> work.offset() > offset)
        .forEach(work -> done.set(Math.toIntExact(work.offset() - offset)));
    Map<Integer, Integer> begun = new HashMap<>();
    begunBefore.forEach(
        (at, times) -> {
          // What expired on the topic was never answered.
          if (at >= offset) {
            begun.put(Math.toIntExact(at - offset), times);
          }
        });
    for (PendingRecord work : underWay) {
      begun.put(Math.toIntExact(work.offset() - offset), deaths(work) + 1);
    }
    more.forEach(work -> begun.remove(Math.toIntExact(work.offset() - offset)));
    return new OffsetAndMetadata(offset, new WindowMark(begun, done).text());
  }

  private long offset(Set<PendingRecord> more) {
    for (Map.Entry<Long, PendingRecord> entry : unanswered.entrySet()) {
      if (!more.contains(entry.getValue())) {
        return entry.getKey();
      }
    }
    return end;
  }

  private static ByteBuffer key(PendingRecord work) {
    byte[] key = work.record().key();
    // Records without a key have no order among them; no key of ours starts with a zero.
    return key == null ? ByteBuffer.allocate(9).putLong(1, work.offset()) : ByteBuffer.wrap(key);
  }
}
