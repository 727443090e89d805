package io.affinage.cli.stack;

/** Told how a stack comes up and how it fares. */
public interface StackWatcher {

  /** The stack exists, so that it can be closed from elsewhere, but is not ready. */
  void started(LocalStack stack);

  /** What is being waited for. */
  void waiting(String what);

  /** What users should know: a process ended and why, or was started again. */
  void incident(String line);

  /** No process of the stack is left. */
  void stopped();
}
