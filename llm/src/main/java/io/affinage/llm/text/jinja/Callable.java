package io.affinage.llm.text.jinja;

/** A macro, a method of a value, or a global function. */
@FunctionalInterface
interface Callable {
  Object call(Arguments arguments);
}
