package io.affinage.llm.text.jinja;

/** A template that does not parse or cannot be rendered. */
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What stage failed. */
  public enum Kind {
    /** The source is not a template. */
    SYNTAX,
    /** Rendering failed. */
    RENDER,
    /** The template itself called {@code raise_exception}. */
    RAISED,
    /** A bound on output, steps or depth was hit. */
    LIMIT
  }

  private final Kind kind;
  private final int line;

  JinjaException(Kind kind, String message) {
    this(kind, message, 0);
  }

  private JinjaException(Kind kind, String message, int line) {
    super(line > 0 ? "line " + line + ": " + message : message);
    this.kind = kind;
    this.line = line;
  }

  static JinjaException syntax(int line, String message) {
    return new JinjaException(Kind.SYNTAX, message, line);
  }

  static JinjaException render(String message) {
    return new JinjaException(Kind.RENDER, message, 0);
  }

  /** The same failure with the line of the template where it happened, unless it has one. */
  JinjaException at(int where) {
    if (line > 0 || kind == Kind.RAISED) {
      return this;
    }
    JinjaException located = new JinjaException(kind, getMessage(), where);
    located.initCause(this);
    return located;
  }

  public Kind kind() {
    return kind;
  }
}
