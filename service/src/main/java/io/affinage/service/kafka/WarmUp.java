package io.affinage.service.kafka;

/** Something that a service must have done once before it is ready: a bean of the service. */
@FunctionalInterface
public interface WarmUp {

  /** Whether it is done; cheap. */
  boolean done();
}
