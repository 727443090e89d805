package io.affinage.events.schema;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The descriptions of the event records, from their source. */
final class Javadoc {
  private static final Path SOURCES = Path.of("src/main/java");

  /** A file is searched once for each of its types, not for each of their components. */
  private static final Map<Class<?>, Optional<String>> COMMENTS = new ConcurrentHashMap<>();

  private Javadoc() {}

  /** What a type is, in its first paragraph. */
  static Optional<String> of(Class<?> type) {
    return comment(type).map(text -> plain(text.split("\\n[\\s*]*@param|<p>", 2)[0]));
  }

  /** What a component is. */
  static Optional<String> of(RecordComponent component) {
    Pattern param =
        Pattern.compile("@param " + component.getName() + "\\s(.*?)(?=@param|\\z)", Pattern.DOTALL);
    return comment(component.getDeclaringRecord())
        .map(param::matcher)
        .filter(Matcher::find)
        .map(found -> plain(found.group(1)));
  }

  private static Optional<String> comment(Class<?> type) {
    return COMMENTS.computeIfAbsent(type, Javadoc::found);
  }

  private static Optional<String> found(Class<?> type) {
    Class<?> top = type;
    while (top.getEnclosingClass() != null) {
      top = top.getEnclosingClass();
    }
    Path file = SOURCES.resolve(top.getName().replace('.', '/') + ".java");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    Pattern declared =
        Pattern.compile(
            "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@\\w+(?:\\((?:[^()]|\\([^()]*\\))*\\))?\\s*)*"
                + "(?:public )?(?:sealed )?(?:record|interface|enum) "
                + type.getSimpleName()
                + "\\b",
            Pattern.DOTALL);
    try {
      Matcher found = declared.matcher(Files.readString(file));
      return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String plain(String text) {
    return text.replaceAll("(?m)^\\s*\\*", "")
        .replaceAll("\\s+", " ")
        .replaceAll("\\{@(?:code|link) (\\S+?#)?([^}]*)\\}", "$2")
        .strip();
  }
}
