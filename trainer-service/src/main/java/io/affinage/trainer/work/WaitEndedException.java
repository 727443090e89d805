package io.affinage.trainer.work;

/** There is a reason to wait no longer for a disk or a store. */
final class WaitEndedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final StopReason reason;

  WaitEndedException(StopReason reason) {
    super("waiting ended: " + reason);
    this.reason = reason;
  }

  StopReason reason() {
    return reason;
  }
}
