package io.affinage.service.work;

import java.time.Duration;

/**
 * The answer to a record waits for something that is under way elsewhere: nothing is wrong, and the
 * record is looked at again after a pause. No thread waits meanwhile.
 */
public final class NotYetException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Duration pause;

  public NotYetException(Duration pause) {
    super("not yet", null, false, false);
    this.pause = pause;
  }

  Duration pause() {
    return pause;
  }
}
