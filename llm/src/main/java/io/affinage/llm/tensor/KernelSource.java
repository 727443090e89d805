package io.affinage.llm.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The methods of kernel fragments: which text each has, which fragment it belongs to, and what it
 * calls.
 */
final class KernelSource {
  private static final Pattern DEFINITION = Pattern.compile("(?m)^  def (\\w+)\\(");
  private static final Pattern CALL = Pattern.compile("\\(self\\)\\.(\\w+)\\(");

  private final Map<String, String> methods = new LinkedHashMap<>();
  private final Map<String, String> fragmentOf = new HashMap<>();

  /**
   * @param fragments resource names in the kernels folder, without extension; a method takes the
   *     place of one of the same name in an earlier fragment
   */
  KernelSource(List<String> fragments) {
    fragments.forEach(fragment -> add(fragment, resource(fragment)));
  }

  private static String resource(String fragment) {
    String path = "/io/affinage/llm/kernels/" + fragment + ".pyt";
    try (InputStream in = KernelSource.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalArgumentException("no kernel resource " + path);
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Each method's text, comments that stand before the next one included. */
  private void add(String fragment, String text) {
    Matcher definition = DEFINITION.matcher(text);
    int from = text.length();
    String name = "";
    while (definition.find()) {
      put(fragment, name, text.substring(Math.min(from, definition.start()), definition.start()));
      from = definition.start();
      name = definition.group(1);
    }
    put(fragment, name, text.substring(from) + '\n');
  }

  private void put(String fragment, String name, String text) {
    if (!name.isEmpty()) {
      methods.put(name, text);
      fragmentOf.putIfAbsent(name, fragment);
    }
  }

  /**
   * The fragment in which a method first stands.
   *
   * @throws IllegalArgumentException for a method that there is not
   */
  String fragmentOf(String method) {
    String fragment = fragmentOf.get(method);
    if (fragment == null) {
      throw new IllegalArgumentException("no kernel is called " + method);
    }
    return fragment;
  }

  /** The texts of a fragment's methods and of all that they call, in the order of definition. */
  List<String> with(String fragment) {
    Set<String> reached = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>();
    fragmentOf.forEach(
        (method, of) -> {
          if (of.equals(fragment)) {
            open.add(method);
          }
        });
    while (!open.isEmpty()) {
      String method = open.remove();
      if (reached.add(method)) {
        Matcher call = CALL.matcher(methods.get(method));
        while (call.find()) {
          if (methods.containsKey(call.group(1))) {
            open.add(call.group(1));
          }
        }
      }
    }
    List<String> texts = new ArrayList<>();
    methods.forEach(
        (name, text) -> {
          if (reached.contains(name)) {
            texts.add(text);
          }
        });
    return texts;
  }
}
