package io.affinage.llm.data;

/** On which answers of a conversation loss is taken. An answer that is masked never counts. */
public enum AnswerTargets {
  /** Only on the last turn. */
  LAST,
  /** On all of them. */
  ALL
}
