package io.affinage.trainer.work;

/** Why an attempt should stop before the job is done. */
enum StopReason {
  /** Another attempt took over: leave no trace. */
  LOST,
  CANCELLED,
  PAUSED,
  SHUTDOWN
}
