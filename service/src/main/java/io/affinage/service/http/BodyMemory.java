package io.affinage.service.http;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes of bodies may be held at once, by all requests together. */
final class BodyMemory {
  private final long most;
  private final AtomicLong held = new AtomicLong();

  BodyMemory(long most) {
    this.most = most;
  }

  /** False when there is no room. */
  boolean take(long bytes) {
    long now = held.addAndGet(bytes);
    if (now > most) {
      held.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void giveBack(long bytes) {
    held.addAndGet(-bytes);
  }

  long held() {
    return held.get();
  }
}
