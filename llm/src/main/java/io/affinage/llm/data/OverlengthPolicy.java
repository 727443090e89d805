package io.affinage.llm.data;

/** What happens to an example that is longer than the row it must fit. It is always counted. */
public enum OverlengthPolicy {
  /** Leave the example out. */
  DROP,
  /** Cut its end off; an example that has no target left is dropped. */
  TRUNCATE,
  /** Stop with an error that names the example. */
  FAIL
}
