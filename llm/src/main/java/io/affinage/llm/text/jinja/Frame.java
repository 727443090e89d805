package io.affinage.llm.text.jinja;

/** Where a statement runs: its variables, its output, and the bounds of the whole rendering. */
record Frame(Scope scope, Output output, Limits limits) {
  Frame inner() {
    return new Frame(new Scope(scope), output, limits);
  }

  Frame capturing() {
    return new Frame(new Scope(scope), new Output(limits, false), limits);
  }
}
