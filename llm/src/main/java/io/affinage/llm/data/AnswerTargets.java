package io.affinage.llm.data;

/** On which answers of a conversation loss is taken. */
public enum AnswerTargets {
  /** Only on the last. */
  LAST,
  /** On all of them. */
  ALL
}
