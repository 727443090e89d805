package io.affinage.cli.packaged;

import io.affinage.cli.topics.CommittedRecords;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.Topic;
import java.util.List;
import java.util.Map;

/** Sees everything that is committed on a topic. */
final class EventReader {
  private final Map<String, Object> connection;

  EventReader(String bootstrapServers) {
    connection = Map.of("bootstrap.servers", bootstrapServers);
  }

  /** The committed events of this kind on the topic by now, in the order of each partition. */
  <T extends EventData> List<T> read(Topic topic, Class<T> kind) {
    return CommittedRecords.of(connection, topic).stream()
        .map(record -> EventCodec.decode(record).data())
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }
}
