package io.affinage.events.follow;

import java.util.Optional;

/** Something that reads topics as long as the process lives, for health and metrics. */
public interface MonitoredReader {
  /** For people: {@code job-board}. */
  String name();

  /** Why it does not read all it should, until it does again; empty while all is well. */
  Optional<String> trouble();

  /** How often it ended and began again. */
  long restarts();
}
