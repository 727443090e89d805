package io.affinage.llm.text.jinja;

import io.affinage.llm.text.jinja.JinjaException.Kind;

/** Bounds on what a template may cost, for templates come with models from strangers. */
final class Limits {
  static final int LENGTH = 16 << 20;
  static final int STEPS = 3_000_000;
  static final int DEPTH = 150;
  static final int RANGE = 100_000;

  private int steps;
  private int depth;

  void length(long length) {
    if (length > LENGTH) {
      throw new JinjaException(
          Kind.LIMIT, "the template makes a text of more than " + LENGTH + " characters");
    }
  }

  void step() {
    if (++steps > STEPS) {
      throw new JinjaException(Kind.LIMIT, "the template takes more than " + STEPS + " steps");
    }
  }

  void enter() {
    if (++depth > DEPTH) {
      throw new JinjaException(
          Kind.LIMIT, "the template calls itself more than " + DEPTH + " deep");
    }
  }

  void leave() {
    depth--;
  }
}
