package io.affinage.llm.hub;

/** Told how a download goes on; called from the downloading thread. */
@FunctionalInterface
public interface HubProgress {

  /** Tells nobody. */
  HubProgress SILENT = (file, done, total) -> {};

  /**
   * @param file name inside the model
   * @param done bytes at hand
   * @param total bytes of the file; -1 where the hub does not say
   */
  void onBytes(String file, long done, long total);
}
