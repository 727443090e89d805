package io.affinage.service.kafka;

import io.affinage.events.follow.MonitoredReader;
import java.util.List;

/**
 * What a service reads all the time, as long as it lives: a bean of the service. While one of them
 * does not read, the service is not ready.
 */
@FunctionalInterface
public interface Followed {

  /** The same ones at every call. */
  List<? extends MonitoredReader> readers();
}
