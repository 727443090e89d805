package io.affinage.events;

import java.util.Set;

/**
 * Whose an error is, which decides what becomes of the work. The one place where codes have a kind;
 * a code that is not named here is the user's.
 */
public enum ErrorKind {
  /** What was asked for cannot be done: it ends, and the message says what to change. */
  USER,

  /**
   * This worker cannot do it: its device, memory, disk or installation. The work is given back with
   * the reason, another worker may try, a bounded number of times, and this one says that it is
   * unwell.
   */
  WORKER,

  /** Something that the work needs is away or busy: it is tried again, with longer pauses. */
  PASSING;

  private static final Set<String> OF_THE_WORKER =
      Set.of(
          // Device and memory.
          "device_failed",
          "device_unavailable",
          "insufficient_memory",
          "out_of_memory",
          // Its disk.
          "adapter_not_written",
          "checkpoint_not_written",
          "disk_unusable",
          "export_not_written",
          "hub_cache_unwritable",
          "hub_disk_full",
          "optimizer_state_not_mapped",
          "streamed_base_damaged",
          // Its settings.
          "hub_endpoint_invalid",
          "hub_offline",
          "hub_token_unreadable",
          // Its program: another version may do better.
          "answer_unwritable",
          "internal_error",
          "service_died",
          "work_failed");

  private static final Set<String> AWAY =
      Set.of(
          // The artifact store and the files in it; some come back by what an operator does.
          "artifact_store_denied",
          "artifact_store_full",
          "artifact_store_read_only",
          "artifact_store_unavailable",
          "dataset_unreadable",
          "storage_failed",
          "store_unavailable",
          // What is read over the network.
          "hub_busy",
          "hub_interrupted",
          "hub_unreachable",
          "source_unreadable",
          // Ours.
          "broker_unavailable",
          "job_log_unavailable",
          "scoring_timeout",
          "scoring_unavailable",
          "trainer_busy");

  /** The kind of an error by its code. */
  public static ErrorKind of(String code) {
    if (OF_THE_WORKER.contains(code)) {
      return WORKER;
    }
    return AWAY.contains(code) ? PASSING : USER;
  }
}
