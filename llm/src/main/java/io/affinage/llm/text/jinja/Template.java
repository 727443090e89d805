package io.affinage.llm.text.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/** A parsed template. Safe for use by several threads at once. */
public final class Template {
  private final Statement root;
  private final boolean marksGeneration;

  private Template(Statement root, boolean marksGeneration) {
    this.root = root;
    this.marksGeneration = marksGeneration;
  }

  /**
   * What a template wrote.
   *
   * @param text all of it
   * @param generated what stood within {@code generation} blocks, ascending
   */
  public record Rendering(String text, List<Span> generated) {}

  /**
   * Parses a template.
   *
   * @throws JinjaException of kind {@code SYNTAX}
   */
  public static Template parse(String source) {
    Parser parser = new Parser(Lexer.tokens(source));
    Statement root = parser.template();
    return new Template(root, parser.marksGeneration());
  }

  /** Whether the template has {@code generation} blocks. */
  public boolean marksGeneration() {
    return marksGeneration;
  }

  /**
   * Renders the template.
   *
   * @param variables maps, lists, strings, numbers, booleans and nulls
   * @param clock what {@code strftime_now} reads
   * @throws JinjaException when the template cannot be rendered
   */
  public Rendering render(Map<String, ?> variables, Clock clock) {
    Limits limits = new Limits();
    Scope globals = new Scope(null);
    Globals.define(globals, clock);
    variables.forEach((name, value) -> globals.set(name, Python.fromJava(value)));
    Output output = new Output(limits, true);
    try {
      root.run(new Frame(new Scope(globals), output, limits));
    } catch (StackOverflowError e) {
      throw new JinjaException(JinjaException.Kind.LIMIT, "the template nests too deeply");
    }
    return new Rendering(output.toString(), output.generated());
  }
}
