package io.affinage.llm.text.jinja;

import io.affinage.llm.text.jinja.Statement.Flow;
import io.affinage.llm.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compiles the statements of a template; expressions are {@link ExpressionParser}'s. */
final class Parser {
  private static final int NESTING = 200;

  private final TokenStream tokens;
  private final ExpressionParser expressions;
  private boolean marksGeneration;
  private int nesting;
  private int loops;

  Parser(List<Token> tokens) {
    this.tokens = new TokenStream(tokens);
    this.expressions = new ExpressionParser(this.tokens);
  }

  boolean marksGeneration() {
    return marksGeneration;
  }

  Statement template() {
    return body(Set.of());
  }

  /** Statements until a tag of one of these names, which is left in place after its begin. */
  private Statement body(Set<String> ends) {
    if (++nesting > NESTING) {
      throw JinjaException.syntax(tokens.line(), "blocks nest more than " + NESTING + " deep");
    }
    List<Statement> statements = new ArrayList<>();
    int opened = tokens.line();
    while (true) {
      Token token = tokens.next();
      switch (token.kind()) {
        case DATA -> {
          String text = token.text();
          statements.add(
              frame -> {
                frame.output().append(text);
                return Flow.NEXT;
              });
        }
        case VARIABLE_BEGIN -> {
          Expression expression = expressions.tuple();
          tokens.expect(Kind.VARIABLE_END);
          statements.add(
              located(
                  token.line(),
                  frame -> {
                    frame.output().append(Python.string(expression.evaluate(frame)));
                    return Flow.NEXT;
                  }));
        }
        case BLOCK_BEGIN -> {
          Token name = tokens.peek();
          if (name.kind() == Kind.NAME && ends.contains(name.text())) {
            nesting--;
            return sequence(statements);
          }
          tokens.next();
          statements.add(located(token.line(), statement(name, ends)));
        }
        default -> {
          if (!ends.isEmpty()) {
            throw JinjaException.syntax(
                opened, "the block has no end: expected one of " + ends.stream().sorted().toList());
          }
          nesting--;
          return sequence(statements);
        }
      }
    }
  }

  private Statement statement(Token name, Set<String> ends) {
    return switch (name.text()) {
      case "if" -> ifBlock();
      case "for" -> forBlock();
      case "set" -> set();
      case "macro" -> macro();
      case "call" -> call();
      case "filter" -> filter();
      case "with" -> with();
      case "generation" -> generation();
      case "break" -> jump(Flow.BREAK, name);
      case "continue" -> jump(Flow.CONTINUE, name);
      default ->
          throw JinjaException.syntax(
              name.line(),
              "unknown tag '"
                  + name.text()
                  + "'"
                  + (ends.isEmpty()
                      ? ""
                      : "; open blocks wait for " + ends.stream().sorted().toList()));
    };
  }

  private Statement jump(Flow flow, Token name) {
    if (loops == 0) {
      throw JinjaException.syntax(name.line(), "'" + name.text() + "' outside of a loop");
    }
    tokens.expect(Kind.BLOCK_END);
    return frame -> flow;
  }

  private Statement ifBlock() {
    Expression condition = expressions.tuple();
    tokens.expect(Kind.BLOCK_END);
    Statement then = body(Set.of("elif", "else", "endif"));
    Statement otherwise = frame -> Flow.NEXT;
    Token next = tokens.next();
    switch (next.text()) {
      case "elif" -> otherwise = located(next.line(), ifBlock());
      case "else" -> {
        tokens.expect(Kind.BLOCK_END);
        otherwise = body(Set.of("endif"));
        tokens.next();
        tokens.expect(Kind.BLOCK_END);
      }
      default -> tokens.expect(Kind.BLOCK_END);
    }
    Statement last = otherwise;
    return frame -> Python.truth(condition.evaluate(frame)) ? then.run(frame) : last.run(frame);
  }

  private Statement forBlock() {
    Target target = target(true);
    if (!tokens.skip(Kind.NAME, "in")) {
      throw JinjaException.syntax(tokens.line(), "expected 'in'");
    }
    Expression source = expressions.tupleWithoutCondition();
    Expression filter = tokens.skip(Kind.NAME, "if") ? expressions.expression() : null;
    boolean recursive = tokens.skip(Kind.NAME, "recursive");
    tokens.expect(Kind.BLOCK_END);
    loops++;
    Statement each = body(Set.of("else", "endfor"));
    loops--;
    Statement otherwise = frame -> Flow.NEXT;
    if (tokens.next().text().equals("else")) {
      tokens.expect(Kind.BLOCK_END);
      otherwise = body(Set.of("endfor"));
      tokens.next();
    }
    tokens.expect(Kind.BLOCK_END);
    ForLoop loop = new ForLoop(target, filter, each, otherwise, recursive);
    return frame -> loop.run(source.evaluate(frame), frame, 0);
  }

  /** A loop; recursive ones call it anew with the items of a deeper level. */
  private record ForLoop(
      Target target, Expression filter, Statement each, Statement otherwise, boolean recursive) {

    Flow run(Object source, Frame frame, int depth) {
      List<Object> items = Python.iterate(source);
      if (filter != null) {
        List<Object> kept = new ArrayList<>();
        for (Object item : items) {
          frame.limits().step();
          Frame inner = frame.inner();
          target.assign(inner, item);
          if (Python.truth(filter.evaluate(inner))) {
            kept.add(item);
          }
        }
        items = kept;
      }
      if (items.isEmpty()) {
        return otherwise.run(frame.inner());
      }
      Callable deeper =
          recursive
              ? arguments -> {
                frame.limits().enter();
                Frame captured = frame.capturing();
                run(arguments.require(0, "iterable"), captured, depth + 1);
                frame.limits().leave();
                return captured.output().toString();
              }
              : null;
      Loop loop = new Loop(items, depth, deeper);
      for (Object item : items) {
        frame.limits().step();
        loop.next();
        Frame inner = frame.inner();
        inner.scope().set("loop", loop);
        target.assign(inner, item);
        if (each.run(inner) == Flow.BREAK) {
          break;
        }
      }
      return Flow.NEXT;
    }
  }

  private Statement set() {
    Target target = target(false);
    if (tokens.skip(Kind.OPERATOR, "=")) {
      Expression value = expressions.tuple();
      tokens.expect(Kind.BLOCK_END);
      return frame -> {
        target.assign(frame, value.evaluate(frame));
        return Flow.NEXT;
      };
    }
    ExpressionParser.Filter filter = expressions.filters(true);
    tokens.expect(Kind.BLOCK_END);
    Statement body = capturedBody("endset");
    return frame -> {
      Frame captured = frame.capturing();
      body.run(captured);
      target.assign(frame, filter.apply(captured.output().toString(), frame));
      return Flow.NEXT;
    };
  }

  private Statement macro() {
    String name = tokens.expect(Kind.NAME).text();
    Parameters parameters = parameters();
    tokens.expect(Kind.BLOCK_END);
    Statement body = capturedBody("endmacro");
    return frame -> {
      frame.scope().set(name, callable(parameters, body, frame));
      return Flow.NEXT;
    };
  }

  private Statement call() {
    Parameters parameters =
        tokens.peek().is(Kind.OPERATOR, "(")
            ? parameters()
            : new Parameters(List.of(), new LinkedHashMap<>());
    int line = tokens.line();
    Expression called = expressions.expression();
    if (!(called instanceof ExpressionParser.Call call)) {
      throw JinjaException.syntax(line, "'call' needs a call of a macro");
    }
    tokens.expect(Kind.BLOCK_END);
    Statement body = capturedBody("endcall");
    return frame -> {
      Callable caller = callable(parameters, body, frame);
      frame.output().append(Python.string(call.evaluateWith(frame, Map.of("caller", caller))));
      return Flow.NEXT;
    };
  }

  private Statement filter() {
    ExpressionParser.Filter filter = expressions.filters(false);
    tokens.expect(Kind.BLOCK_END);
    Statement body = capturedBody("endfilter");
    return frame -> {
      Frame captured = frame.capturing();
      body.run(captured);
      frame.output().append(Python.string(filter.apply(captured.output().toString(), frame)));
      return Flow.NEXT;
    };
  }

  private Statement with() {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (tokens.peek().kind() != Kind.BLOCK_END) {
      if (!targets.isEmpty()) {
        tokens.expect(Kind.OPERATOR, ",");
      }
      targets.add(target(true));
      tokens.expect(Kind.OPERATOR, "=");
      values.add(expressions.expression());
    }
    tokens.expect(Kind.BLOCK_END);
    Statement body = body(Set.of("endwith"));
    tokens.next();
    tokens.expect(Kind.BLOCK_END);
    return frame -> {
      Frame inner = frame.inner();
      for (int i = 0; i < targets.size(); i++) {
        targets.get(i).assign(inner, values.get(i).evaluate(frame));
      }
      return body.run(inner);
    };
  }

  private Statement generation() {
    marksGeneration = true;
    tokens.expect(Kind.BLOCK_END);
    Statement body = body(Set.of("endgeneration"));
    tokens.next();
    tokens.expect(Kind.BLOCK_END);
    return frame -> {
      int start = frame.output().length();
      Flow flow = body.run(frame.inner());
      frame.output().generated(start);
      return flow;
    };
  }

  /** A body whose output is captured: a jump cannot leave it. */
  private Statement capturedBody(String end) {
    int outside = loops;
    loops = 0;
    Statement body = body(Set.of(end));
    loops = outside;
    tokens.next();
    tokens.expect(Kind.BLOCK_END);
    return body;
  }

  private record Parameters(List<String> names, Map<String, Expression> defaults) {}

  private Parameters parameters() {
    List<String> names = new ArrayList<>();
    Map<String, Expression> defaults = new LinkedHashMap<>();
    tokens.expect(Kind.OPERATOR, "(");
    while (!tokens.skip(Kind.OPERATOR, ")")) {
      if (!names.isEmpty()) {
        tokens.expect(Kind.OPERATOR, ",");
      }
      String name = tokens.expect(Kind.NAME).text();
      names.add(name);
      if (tokens.skip(Kind.OPERATOR, "=")) {
        defaults.put(name, expressions.expression());
      }
    }
    return new Parameters(names, defaults);
  }

  private static Callable callable(Parameters parameters, Statement body, Frame definition) {
    return arguments -> {
      Frame frame = definition.capturing();
      List<String> names = parameters.names();
      List<Object> given = arguments.positional();
      Map<String, Object> named = new LinkedHashMap<>(arguments.named());
      for (int i = 0; i < names.size(); i++) {
        String parameter = names.get(i);
        Object value;
        if (i < given.size()) {
          value = given.get(i);
        } else if (named.containsKey(parameter)) {
          value = named.remove(parameter);
        } else if (parameters.defaults().containsKey(parameter)) {
          value = parameters.defaults().get(parameter).evaluate(frame);
        } else {
          value = new Undefined("parameter '" + parameter + "' was not provided");
        }
        frame.scope().set(parameter, value);
      }
      Object caller = named.remove("caller");
      frame.scope().set("caller", caller == null ? new Undefined("No caller defined") : caller);
      frame
          .scope()
          .set(
              "varargs",
              new Tuple(given.subList(Math.min(names.size(), given.size()), given.size())));
      frame.scope().set("kwargs", named);
      definition.limits().enter();
      try {
        body.run(frame);
      } finally {
        definition.limits().leave();
      }
      return frame.output().toString();
    };
  }

  /** What is assigned to: a name, an attribute of a namespace, or several of them. */
  private interface Target {
    void assign(Frame frame, Object value);
  }

  private Target target(boolean namesOnly) {
    List<Target> targets = new ArrayList<>();
    boolean tuple = false;
    boolean parenthesised = tokens.skip(Kind.OPERATOR, "(");
    do {
      if (!targets.isEmpty() && !isTargetStart()) {
        break;
      }
      if (tokens.peek().is(Kind.OPERATOR, "(")) {
        targets.add(target(namesOnly));
      } else {
        targets.add(single(namesOnly));
      }
      tuple |= tokens.peek().is(Kind.OPERATOR, ",");
    } while (tokens.skip(Kind.OPERATOR, ","));
    if (parenthesised) {
      tokens.expect(Kind.OPERATOR, ")");
    }
    if (!tuple) {
      return targets.get(0);
    }
    return (frame, value) -> {
      List<Object> values = Python.iterate(value);
      if (values.size() != targets.size()) {
        throw JinjaException.render(
            "cannot unpack " + values.size() + " values into " + targets.size() + " names");
      }
      for (int i = 0; i < targets.size(); i++) {
        targets.get(i).assign(frame, values.get(i));
      }
    };
  }

  private boolean isTargetStart() {
    return tokens.peek().kind() == Kind.NAME && !tokens.peek().text().equals("in")
        || tokens.peek().is(Kind.OPERATOR, "(");
  }

  private Target single(boolean namesOnly) {
    String name = tokens.expect(Kind.NAME).text();
    if (!namesOnly && tokens.skip(Kind.OPERATOR, ".")) {
      String attribute = tokens.expect(Kind.NAME).text();
      return (frame, value) -> {
        if (!(frame.scope().get(name) instanceof Namespace namespace)) {
          throw JinjaException.render(
              "cannot assign attribute on non-namespace object '" + name + "'");
        }
        namespace.attributes().put(attribute, value);
      };
    }
    return (frame, value) -> frame.scope().set(name, value);
  }

  private static Statement sequence(List<Statement> statements) {
    Statement[] all = statements.toArray(Statement[]::new);
    return frame -> {
      for (Statement each : all) {
        frame.limits().step();
        Flow flow = each.run(frame);
        if (flow != Flow.NEXT) {
          return flow;
        }
      }
      return Flow.NEXT;
    };
  }

  private static Statement located(int line, Statement statement) {
    return frame -> {
      try {
        return statement.run(frame);
      } catch (JinjaException e) {
        throw e.at(line);
      }
    };
  }
}
