package io.affinage.llm.text.jinja;

import io.affinage.llm.text.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens with {@code trim_blocks} (a newline after a block goes) and {@code
 * lstrip_blocks} (blanks before a block at the start of a line go), as jinja2's lexer does.
 */
final class Lexer {
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", ">", "<", "=", ".", ":",
          "|", ",", ";", "(", ")", "[", "]", "{", "}");
  private static final Pattern NUMBER =
      Pattern.compile("\\d+(?:_\\d+)*(?:(\\.\\d+(?:_\\d+)*)?([eE][+-]?\\d+)|(\\.\\d+(?:_\\d+)*))?");
  private static final Pattern RAW = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-%\\}\\s*|%\\})");
  private static final Pattern END_RAW =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private boolean lineStart = true;

  private Lexer(String source) {
    String unix = source.replace("\r\n", "\n").replace('\r', '\n');
    // keep_trailing_newline is off
    this.source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
  }

  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int open = nextTag();
      if (open < 0) {
        data(source.substring(at));
        break;
      }
      String text = source.substring(at, open);
      char kind = source.charAt(open + 1);
      char sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
      boolean signed = sign == '-' || sign == '+';
      if (sign == '-') {
        text = stripTrailing(text);
      } else if (sign != '+' && kind != '{') {
        int from = text.lastIndexOf('\n') + 1;
        if ((from > 0 || lineStart) && text.substring(from).isBlank()) {
          text = text.substring(0, from);
        }
      }
      String before = source.substring(at, open);
      data(text);
      count(before);
      at = open;
      switch (kind) {
        case '#' -> comment();
        case '{' -> tag(Kind.VARIABLE_BEGIN, Kind.VARIABLE_END, "}}", signed);
        default -> {
          Matcher raw = RAW.matcher(source).region(at, source.length());
          if (raw.lookingAt()) {
            raw(raw);
          } else {
            tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}", signed);
          }
        }
      }
    }
    tokens.add(new Token(Kind.END, "", line));
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Kind.DATA, text, line));
    }
  }

  private void comment() {
    int close = source.indexOf("#}", at + 2);
    if (close < 0) {
      throw JinjaException.syntax(line, "the comment has no end '#}'");
    }
    int from = at;
    at = close + 2;
    afterEnd(source.charAt(close - 1), close - 1 > from + 1, true);
    moved(from);
  }

  private void raw(Matcher begin) {
    int from = at;
    at = begin.end();
    Matcher end = END_RAW.matcher(source);
    if (!end.find(at)) {
      throw JinjaException.syntax(line, "'raw' has no 'endraw'");
    }
    String text = source.substring(at, end.start());
    if (end.group(1).equals("-")) {
      text = stripTrailing(text);
    } else if (end.group(1).isEmpty()) {
      int last = text.lastIndexOf('\n') + 1;
      if (last > 0 && text.substring(last).isBlank()) {
        text = text.substring(0, last);
      }
    }
    data(text);
    at = end.end();
    moved(from);
  }

  private void tag(Kind begin, Kind end, String close, boolean signed) {
    int from = at;
    tokens.add(new Token(begin, "", line));
    at += signed ? 3 : 2;
    Deque<Character> open = new ArrayDeque<>();
    int counted = from;
    while (true) {
      while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
        at++;
      }
      count(source.substring(counted, at));
      counted = at;
      if (at >= source.length()) {
        throw JinjaException.syntax(line, "the tag has no end '" + close + "'");
      }
      if (open.isEmpty()) {
        char sign = source.charAt(at);
        int skip = (sign == '-' || sign == '+' && begin == Kind.BLOCK_BEGIN) ? 1 : 0;
        if (source.startsWith(close, at + skip)) {
          tokens.add(new Token(end, "", line));
          at += skip + 2;
          afterEnd(skip == 1 ? sign : ' ', true, begin == Kind.BLOCK_BEGIN);
          count(source.substring(counted, at));
          lineStart = source.charAt(at - 1) == '\n';
          return;
        }
      }
      expressionToken(open);
    }
  }

  /** Eats what an end of tag takes with it: all blanks after '-', else one newline. */
  private void afterEnd(char sign, boolean signAllowed, boolean trimNewline) {
    if (signAllowed && sign == '-') {
      while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
        at++;
      }
    } else if (!(signAllowed && sign == '+')
        && trimNewline
        && at < source.length()
        && source.charAt(at) == '\n') {
      at++;
    }
  }

  private void expressionToken(Deque<Character> open) {
    char c = source.charAt(at);
    if (c == '\'' || c == '"') {
      string(c);
      return;
    }
    if (c >= '0' && c <= '9') {
      Matcher number = NUMBER.matcher(source).region(at, source.length());
      number.lookingAt();
      boolean fraction = number.group(2) != null || number.group(3) != null;
      tokens.add(
          new Token(fraction ? Kind.FLOAT : Kind.INTEGER, number.group().replace("_", ""), line));
      at = number.end();
      return;
    }
    if (Character.isUnicodeIdentifierStart(c) || c == '_') {
      int from = at;
      while (at < source.length() && Character.isUnicodeIdentifierPart(source.charAt(at))) {
        at++;
      }
      tokens.add(new Token(Kind.NAME, source.substring(from, at), line));
      return;
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        balance(operator, open);
        tokens.add(new Token(Kind.OPERATOR, operator, line));
        at += operator.length();
        return;
      }
    }
    throw JinjaException.syntax(line, "unexpected character '" + c + "'");
  }

  private void balance(String operator, Deque<Character> open) {
    char c = operator.charAt(0);
    if ("([{".indexOf(c) >= 0) {
      open.push(c == '(' ? ')' : c == '[' ? ']' : '}');
    } else if (")]}".indexOf(c) >= 0 && (open.isEmpty() || open.pop() != c)) {
      throw JinjaException.syntax(line, "unexpected '" + c + "'");
    }
  }

  private void string(char quote) {
    int from = ++at;
    while (at < source.length() && source.charAt(at) != quote) {
      at += source.charAt(at) == '\\' ? 2 : 1;
    }
    if (at >= source.length()) {
      throw JinjaException.syntax(line, "the string has no end");
    }
    tokens.add(new Token(Kind.STRING, unescape(source.substring(from, at)), line));
    at++;
  }

  private String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\' || i + 1 == text.length()) {
        out.append(c);
        continue;
      }
      char next = text.charAt(++i);
      switch (next) {
        case '\n' -> {}
        case '\\', '\'', '"' -> out.append(next);
        case 'n' -> out.append('\n');
        case 't' -> out.append('\t');
        case 'r' -> out.append('\r');
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'a' -> out.append('\u0007');
        case 'v' -> out.append('\u000B');
        case 'x', 'u', 'U' -> {
          int digits = next == 'x' ? 2 : next == 'u' ? 4 : 8;
          try {
            out.appendCodePoint(Integer.parseInt(text.substring(i + 1, i + 1 + digits), 16));
          } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw JinjaException.syntax(line, "bad escape '\\" + next + "' in a string");
          }
          i += digits;
        }
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          int end = i + 1;
          while (end < text.length() && end < i + 3 && "01234567".indexOf(text.charAt(end)) >= 0) {
            end++;
          }
          out.append((char) Integer.parseInt(text.substring(i, end), 8));
          i = end - 1;
        }
        default -> out.append('\\').append(next);
      }
    }
    return out.toString();
  }

  private void moved(int from) {
    count(source.substring(from, at));
    lineStart = source.charAt(at - 1) == '\n';
  }

  private void count(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\n') {
        line++;
      }
    }
  }

  private static String stripTrailing(String text) {
    return text.stripTrailing();
  }
}
