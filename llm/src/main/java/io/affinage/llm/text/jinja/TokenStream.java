package io.affinage.llm.text.jinja;

import io.affinage.llm.text.jinja.Token.Kind;
import java.util.List;
import java.util.Locale;

/** Tokens, one after the other. */
final class TokenStream {
  private final List<Token> tokens;
  private int at;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token next() {
    Token token = tokens.get(at);
    if (token.kind() != Kind.END) {
      at++;
    }
    return token;
  }

  int line() {
    return peek().line();
  }

  boolean isOperator(String text) {
    return peek().is(Kind.OPERATOR, text);
  }

  boolean isName(String text) {
    return peek().is(Kind.NAME, text);
  }

  boolean skip(Kind kind, String text) {
    boolean here = peek().is(kind, text);
    if (here) {
      at++;
    }
    return here;
  }

  /** Whether the token after the next one is this operator. */
  boolean isFollowedBy(String operator) {
    return at + 1 < tokens.size() && tokens.get(at + 1).is(Kind.OPERATOR, operator);
  }

  /** Skips {@code not in}. */
  boolean skipNotIn() {
    boolean here = at + 1 < tokens.size() && tokens.get(at + 1).is(Kind.NAME, "in");
    at += here ? 2 : 0;
    return here;
  }

  Token expect(Kind kind) {
    Token token = next();
    if (token.kind() != kind) {
      throw unexpected(token, kind.toString().toLowerCase(Locale.ROOT).replace('_', ' '));
    }
    return token;
  }

  void expect(Kind kind, String text) {
    Token token = next();
    if (!token.is(kind, text)) {
      throw unexpected(token, "'" + text + "'");
    }
  }

  static JinjaException unexpected(Token token, String expected) {
    String found =
        switch (token.kind()) {
          case END -> "the end of the template";
          case BLOCK_END -> "'%}'";
          case VARIABLE_END -> "'}}'";
          default -> "'" + token.text() + "'";
        };
    return JinjaException.syntax(token.line(), "expected " + expected + ", found " + found);
  }
}
