package io.affinage.llm.text.jinja;

/**
 * What a missing name or attribute gives: empty as text, false, and an error where used further.
 */
record Undefined(String hint) {
  JinjaException used() {
    return JinjaException.render(hint);
  }
}
