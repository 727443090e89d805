package io.affinage.events;

/** How the bytes of a dataset file are written. */
public enum DatasetFormat {
  AUTO,
  JSONL,
  JSON,
  CSV,
  PARQUET,
  /** Plain text, one document per blank-line separated block: for pre-training. */
  TEXT
}
