package io.affinage.llm.text.jinja;

/** A compiled piece of template. */
@FunctionalInterface
interface Statement {
  /** How a piece of template ended. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  Flow run(Frame frame);
}
