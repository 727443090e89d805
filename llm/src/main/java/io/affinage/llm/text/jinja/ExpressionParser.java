package io.affinage.llm.text.jinja;

import io.affinage.llm.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compiles expressions, by the grammar and precedence of jinja2's parser. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final int NESTING = 200;

  private final TokenStream tokens;
  private int nesting;

  ExpressionParser(TokenStream tokens) {
    this.tokens = tokens;
  }

  /** One or more filters in a row. */
  interface Filter {
    Object apply(Object value, Frame frame);
  }

  /** A call; {@code call} blocks add the {@code caller} to its arguments. */
  record Call(Expression called, List<Argument> arguments) implements Expression {
    @Override
    public Object evaluate(Frame frame) {
      return evaluateWith(frame, Map.of());
    }

    Object evaluateWith(Frame frame, Map<String, Object> more) {
      frame.limits().step();
      Object target = called.evaluate(frame);
      if (target instanceof Loop loop) {
        target = loop.recursion();
      }
      if (target instanceof Undefined u) {
        throw u.used();
      }
      if (!(target instanceof Callable callable)) {
        throw JinjaException.render("'" + Python.typeName(target) + "' object is not callable");
      }
      return callable.call(passed(arguments, frame, more));
    }
  }

  /** An argument of a call: positional, named, or unpacked from a list or mapping. */
  private record Argument(String name, int stars, Expression value) {}

  private static Arguments passed(List<Argument> given, Frame frame, Map<String, Object> more) {
    if (given.isEmpty() && more.isEmpty()) {
      return Arguments.NONE;
    }
    List<Object> positional = new ArrayList<>(given.size());
    Map<String, Object> named = new LinkedHashMap<>(more);
    for (Argument each : given) {
      Object value = each.value().evaluate(frame);
      if (each.stars() == 1) {
        positional.addAll(Python.iterate(value));
      } else if (each.stars() == 2) {
        if (!(value instanceof Map<?, ?> map)) {
          throw JinjaException.render("'**' needs a mapping, not " + Python.typeName(value));
        }
        map.forEach((k, v) -> named.put(Python.requireString(k), v));
      } else if (each.name() != null) {
        named.put(each.name(), value);
      } else {
        positional.add(value);
      }
    }
    return new Arguments(positional, named);
  }

  Expression expression() {
    if (++nesting > NESTING) {
      throw JinjaException.syntax(tokens.line(), "expressions nest more than " + NESTING + " deep");
    }
    Expression result = conditional();
    nesting--;
    return result;
  }

  /** One expression, or several with commas, which make a tuple. */
  Expression tuple() {
    return tuple(true);
  }

  /** The same without {@code a if b else c}, because {@code if} means something else here. */
  Expression tupleWithoutCondition() {
    return tuple(false);
  }

  private Expression tuple(boolean conditions) {
    Expression first = conditions ? expression() : or();
    if (!tokens.isOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skip(Kind.OPERATOR, ",") && !isTupleEnd()) {
      items.add(conditions ? expression() : or());
    }
    return frame -> new Tuple(evaluate(items, frame));
  }

  private boolean isTupleEnd() {
    Kind kind = tokens.peek().kind();
    return kind == Kind.VARIABLE_END || kind == Kind.BLOCK_END || tokens.isOperator(")");
  }

  private static List<Object> evaluate(List<Expression> items, Frame frame) {
    List<Object> values = new ArrayList<>(items.size());
    for (Expression each : items) {
      values.add(each.evaluate(frame));
    }
    return values;
  }

  private Expression conditional() {
    Expression value = or();
    while (tokens.skip(Kind.NAME, "if")) {
      Expression then = value;
      Expression condition = or();
      Expression otherwise =
          tokens.skip(Kind.NAME, "else")
              ? expression()
              : frame ->
                  new Undefined("the inline if-expression evaluated to false and has no else");
      value =
          frame ->
              Python.truth(condition.evaluate(frame))
                  ? then.evaluate(frame)
                  : otherwise.evaluate(frame);
    }
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skip(Kind.NAME, "or")) {
      Expression a = left;
      Expression b = and();
      left =
          frame -> {
            Object value = a.evaluate(frame);
            return Python.truth(value) ? value : b.evaluate(frame);
          };
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skip(Kind.NAME, "and")) {
      Expression a = left;
      Expression b = not();
      left =
          frame -> {
            Object value = a.evaluate(frame);
            return Python.truth(value) ? b.evaluate(frame) : value;
          };
    }
    return left;
  }

  private Expression not() {
    boolean negated = false;
    boolean any = false;
    while (tokens.skip(Kind.NAME, "not")) {
      negated = !negated;
      any = true;
    }
    Expression value = comparison();
    boolean flip = negated;
    return any ? frame -> Python.truth(value.evaluate(frame)) != flip : value;
  }

  private record Comparison(String operator, Expression right) {}

  private Expression comparison() {
    Expression first = sum();
    List<Comparison> rest = new ArrayList<>();
    while (true) {
      Token token = tokens.peek();
      if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        tokens.next();
        rest.add(new Comparison(token.text(), sum()));
      } else if (tokens.skip(Kind.NAME, "in")) {
        rest.add(new Comparison("in", sum()));
      } else if (tokens.isName("not") && tokens.skipNotIn()) {
        rest.add(new Comparison("not in", sum()));
      } else {
        break;
      }
    }
    if (rest.isEmpty()) {
      return first;
    }
    return frame -> {
      Object left = first.evaluate(frame);
      for (Comparison each : rest) {
        Object right = each.right().evaluate(frame);
        if (!compare(each.operator(), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    };
  }

  private static boolean compare(String operator, Object a, Object b) {
    return switch (operator) {
      case "==" -> Python.equal(a, b);
      case "!=" -> !Python.equal(a, b);
      case "<" -> Python.compare(a, b) < 0;
      case "<=" -> Python.compare(a, b) <= 0;
      case ">" -> Python.compare(a, b) > 0;
      case ">=" -> Python.compare(a, b) >= 0;
      case "in" -> Python.contains(b, a);
      default -> !Python.contains(b, a);
    };
  }

  private Expression sum() {
    Expression left = concatenation();
    while (tokens.isOperator("+") || tokens.isOperator("-")) {
      boolean plus = tokens.next().text().equals("+");
      Expression a = left;
      Expression b = concatenation();
      left =
          plus
              ? frame -> Python.add(a.evaluate(frame), b.evaluate(frame), frame.limits())
              : frame -> Python.arithmetic("-", a.evaluate(frame), b.evaluate(frame));
    }
    return left;
  }

  private Expression concatenation() {
    Expression left = product();
    while (tokens.skip(Kind.OPERATOR, "~")) {
      Expression a = left;
      Expression b = product();
      left =
          frame ->
              Python.add(
                  Python.string(a.evaluate(frame)),
                  Python.string(b.evaluate(frame)),
                  frame.limits());
    }
    return left;
  }

  private Expression product() {
    Expression left = power();
    while (tokens.isOperator("*")
        || tokens.isOperator("/")
        || tokens.isOperator("//")
        || tokens.isOperator("%")) {
      String operator = tokens.next().text();
      Expression a = left;
      Expression b = power();
      left =
          operator.equals("*")
              ? frame -> Python.multiply(a.evaluate(frame), b.evaluate(frame), frame.limits())
              : frame -> Python.arithmetic(operator, a.evaluate(frame), b.evaluate(frame));
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (tokens.skip(Kind.OPERATOR, "**")) {
      Expression a = left;
      Expression b = unary(true);
      left = frame -> Python.arithmetic("**", a.evaluate(frame), b.evaluate(frame));
    }
    return left;
  }

  private Expression unary(boolean withFilters) {
    Expression value;
    if (tokens.isOperator("-") || tokens.isOperator("+")) {
      long sign = tokens.next().text().equals("-") ? -1 : 1;
      if (++nesting > NESTING) {
        throw JinjaException.syntax(tokens.line(), "too many signs");
      }
      Expression positive = unary(false);
      nesting--;
      value =
          frame -> {
            Object number = positive.evaluate(frame);
            Python.number(number);
            return Python.multiply(sign, number, frame.limits());
          };
    } else {
      value = postfix(primary());
    }
    return withFilters ? filtersAndTests(value) : value;
  }

  private Expression primary() {
    Token token = tokens.next();
    switch (token.kind()) {
      case NAME:
        return switch (token.text()) {
          case "true", "True" -> frame -> true;
          case "false", "False" -> frame -> false;
          case "none", "None" -> frame -> null;
          default -> frame -> frame.scope().get(token.text());
        };
      case STRING:
        StringBuilder text = new StringBuilder(token.text());
        while (tokens.peek().kind() == Kind.STRING) {
          text.append(tokens.next().text());
        }
        String string = text.toString();
        return frame -> string;
      case INTEGER:
        long integer = parseInteger(token);
        return frame -> integer;
      case FLOAT:
        double real = Double.parseDouble(token.text());
        return frame -> real;
      default:
        if (token.is(Kind.OPERATOR, "(")) {
          return parenthesised();
        }
        if (token.is(Kind.OPERATOR, "[")) {
          return list();
        }
        if (token.is(Kind.OPERATOR, "{")) {
          return dict();
        }
        throw TokenStream.unexpected(token, "an expression");
    }
  }

  private static long parseInteger(Token token) {
    try {
      return Long.parseLong(token.text());
    } catch (NumberFormatException e) {
      throw JinjaException.syntax(token.line(), "the integer " + token.text() + " is too large");
    }
  }

  private Expression parenthesised() {
    if (tokens.skip(Kind.OPERATOR, ")")) {
      return frame -> new Tuple(List.of());
    }
    Expression value = tuple();
    tokens.expect(Kind.OPERATOR, ")");
    return value;
  }

  private Expression list() {
    List<Expression> items = new ArrayList<>();
    while (!tokens.skip(Kind.OPERATOR, "]")) {
      if (!items.isEmpty()) {
        tokens.expect(Kind.OPERATOR, ",");
        if (tokens.skip(Kind.OPERATOR, "]")) {
          break;
        }
      }
      items.add(expression());
    }
    return frame -> evaluate(items, frame);
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.skip(Kind.OPERATOR, "}")) {
      if (!keys.isEmpty()) {
        tokens.expect(Kind.OPERATOR, ",");
        if (tokens.skip(Kind.OPERATOR, "}")) {
          break;
        }
      }
      keys.add(expression());
      tokens.expect(Kind.OPERATOR, ":");
      values.add(expression());
    }
    return frame -> {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        map.put(Python.key(keys.get(i).evaluate(frame)), values.get(i).evaluate(frame));
      }
      return map;
    };
  }

  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.skip(Kind.OPERATOR, ".")) {
        value = dotted(value);
      } else if (tokens.skip(Kind.OPERATOR, "[")) {
        value = subscript(value);
      } else if (tokens.isOperator("(")) {
        value = new Call(value, argumentList());
      } else {
        return value;
      }
    }
  }

  private Expression dotted(Expression value) {
    Token name = tokens.next();
    if (name.kind() == Kind.INTEGER) {
      long index = parseInteger(name);
      return frame -> Python.item(value.evaluate(frame), index);
    }
    if (name.kind() == Kind.FLOAT && name.text().matches("\\d+\\.\\d+")) {
      // a.0.1: two indices, where a number would otherwise have a fraction
      int dot = name.text().indexOf('.');
      long first = Long.parseLong(name.text().substring(0, dot));
      long second = Long.parseLong(name.text().substring(dot + 1));
      return frame -> Python.item(Python.item(value.evaluate(frame), first), second);
    }
    if (name.kind() != Kind.NAME) {
      throw TokenStream.unexpected(name, "a name after '.'");
    }
    return frame -> Python.attribute(value.evaluate(frame), name.text());
  }

  private Expression subscript(Expression value) {
    Expression start = tokens.isOperator(":") ? null : tuple();
    if (start != null && tokens.skip(Kind.OPERATOR, "]")) {
      return frame -> Python.item(value.evaluate(frame), start.evaluate(frame));
    }
    tokens.expect(Kind.OPERATOR, ":");
    Expression stop = tokens.isOperator(":") || tokens.isOperator("]") ? null : expression();
    Expression step = null;
    if (tokens.skip(Kind.OPERATOR, ":") && !tokens.isOperator("]")) {
      step = expression();
    }
    tokens.expect(Kind.OPERATOR, "]");
    Expression by = step;
    return frame ->
        Python.slice(
            value.evaluate(frame), orNull(start, frame), orNull(stop, frame), orNull(by, frame));
  }

  private static Object orNull(Expression expression, Frame frame) {
    return expression == null ? null : expression.evaluate(frame);
  }

  private List<Argument> argumentList() {
    tokens.expect(Kind.OPERATOR, "(");
    List<Argument> arguments = new ArrayList<>();
    while (!tokens.skip(Kind.OPERATOR, ")")) {
      if (!arguments.isEmpty()) {
        tokens.expect(Kind.OPERATOR, ",");
        if (tokens.skip(Kind.OPERATOR, ")")) {
          break;
        }
      }
      if (tokens.skip(Kind.OPERATOR, "*")) {
        arguments.add(new Argument(null, 1, expression()));
      } else if (tokens.skip(Kind.OPERATOR, "**")) {
        arguments.add(new Argument(null, 2, expression()));
      } else if (tokens.peek().kind() == Kind.NAME && tokens.isFollowedBy("=")) {
        String name = tokens.next().text();
        tokens.next();
        arguments.add(new Argument(name, 0, expression()));
      } else {
        arguments.add(new Argument(null, 0, expression()));
      }
    }
    return arguments;
  }

  private Expression filtersAndTests(Expression start) {
    Expression value = start;
    while (true) {
      Expression subject = value;
      if (tokens.isOperator("|")) {
        Filter filter = filter();
        value = frame -> filter.apply(subject.evaluate(frame), frame);
      } else if (tokens.skip(Kind.NAME, "is")) {
        value = test(subject);
      } else if (tokens.isOperator("(")) {
        value = new Call(subject, argumentList());
      } else {
        return value;
      }
    }
  }

  /**
   * Filters in a row.
   *
   * @param piped whether the first one too has a bar before it, and may be missing
   */
  Filter filters(boolean piped) {
    Filter all = (value, frame) -> value;
    if (!piped) {
      all = namedFilter();
    }
    while (tokens.isOperator("|")) {
      Filter before = all;
      Filter next = filter();
      all = (value, frame) -> next.apply(before.apply(value, frame), frame);
    }
    return all;
  }

  private Filter filter() {
    tokens.expect(Kind.OPERATOR, "|");
    return namedFilter();
  }

  private Filter namedFilter() {
    String name = dottedName();
    List<Argument> given = tokens.isOperator("(") ? argumentList() : List.of();
    return (value, frame) ->
        Filters.apply(name, value, passed(given, frame, Map.of()), frame.limits());
  }

  private Expression test(Expression subject) {
    boolean negated = tokens.skip(Kind.NAME, "not");
    String name = dottedName();
    List<Argument> given = List.of();
    if (tokens.isOperator("(")) {
      given = argumentList();
    } else if (startsTestArgument()) {
      given = List.of(new Argument(null, 0, postfix(primary())));
    }
    List<Argument> all = given;
    return frame ->
        Tests.test(name, subject.evaluate(frame), passed(all, frame, Map.of())) != negated;
  }

  private boolean startsTestArgument() {
    Token token = tokens.peek();
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      case NAME ->
          !Set.of("else", "or", "and", "if", "in", "is", "not", "recursive").contains(token.text());
      default -> false;
    };
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(tokens.expect(Kind.NAME).text());
    while (tokens.skip(Kind.OPERATOR, ".")) {
      name.append('.').append(tokens.expect(Kind.NAME).text());
    }
    return name.toString();
  }
}
