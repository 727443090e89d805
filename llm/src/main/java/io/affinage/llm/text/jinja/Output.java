package io.affinage.llm.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Where a template writes; the outermost one also notes what {@code generation} blocks wrote. */
final class Output {
  private final StringBuilder text = new StringBuilder();
  private final Limits limits;
  private final List<Span> generated; // null for a captured part

  Output(Limits limits, boolean outermost) {
    this.limits = limits;
    this.generated = outermost ? new ArrayList<>() : null;
  }

  void append(String more) {
    limits.length((long) text.length() + more.length());
    text.append(more);
  }

  int length() {
    return text.length();
  }

  void generated(int start) {
    if (generated == null) {
      throw JinjaException.render(
          "a generation block stands within a macro, call, filter or set block, so what it wrote cannot be found in the result");
    }
    generated.add(new Span(start, text.length()));
  }

  List<Span> generated() {
    return List.copyOf(generated);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
