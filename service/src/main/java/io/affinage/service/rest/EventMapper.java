package io.affinage.service.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.EventJson;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** HTTP reads and writes the same records as Kafka, so by the same rules. */
@Singleton
final class EventMapper {

  @Produces
  @Singleton
  ObjectMapper mapper() {
    return EventJson.mapper();
  }
}
