package io.affinage.llm.text.jinja;

/** A compiled expression. */
@FunctionalInterface
interface Expression {
  Object evaluate(Frame frame);
}
