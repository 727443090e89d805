package io.affinage.service.work;

/**
 * What the order of the work depends on.
 *
 * @param producer who sent it; producers take turns
 * @param large whether it may take long, so that few are worked on at once, apart from the others
 */
public record Traits(String producer, boolean large) {
  private static final int MAX_NAME = 200;

  public Traits {
    producer = producer.substring(0, Math.min(producer.length(), MAX_NAME));
  }
}
