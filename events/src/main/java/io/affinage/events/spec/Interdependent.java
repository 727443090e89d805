package io.affinage.events.spec;

import java.util.Map;

/** Settings that stand together, some of which have to do with each other. */
public interface Interdependent {

  /**
   * What is wrong with settings that are each in their range.
   *
   * @return why, by the name of the setting at fault
   */
  Map<String, String> conflicts();
}
