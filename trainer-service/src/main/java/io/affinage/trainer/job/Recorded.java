package io.affinage.trainer.job;

import io.affinage.events.Event;
import io.affinage.events.EventData;

/**
 * An event as it was read from a topic.
 *
 * @param writtenAt when the broker took it, milliseconds since 1970
 */
public record Recorded(Event<?> event, long writtenAt) {

  /** The CloudEvents id. */
  String eventId() {
    return event.metadata().id();
  }

  /** What it says. */
  public EventData data() {
    return event.data();
  }
}
