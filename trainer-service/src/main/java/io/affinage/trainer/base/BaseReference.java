package io.affinage.trainer.base;

import io.affinage.trainer.engine.TrainingException;
import java.util.regex.Pattern;

/** A base model as requests name it. */
public sealed interface BaseReference {

  /** The code of every failure to find a base model. */
  String NOT_FOUND = "model_not_found";

  /** Train from random weights. */
  record Scratch() implements BaseReference {}

  /** A file or folder in the artifact store. */
  record Stored(String digest) implements BaseReference {}

  /** A model that some job registered. */
  record Registered(String modelId) implements BaseReference {}

  /**
   * A model on a hub.
   *
   * @param name {@code owner/name}
   * @param revision branch, tag or commit; null for the default branch
   */
  record Hub(String name, String revision) implements BaseReference {}

  /** A file or folder on the trainer's machine. */
  record LocalPath(String path) implements BaseReference {}

  /** Whether a new model is made. */
  default boolean isScratch() {
    return this instanceof Scratch;
  }

  /**
   * Reads {@code scratch}, {@code artifact:sha256:...}, {@code model:ID}, {@code
   * hub:owner/name[@revision]}, {@code file:PATH}; bare {@code owner/name[@revision]} is a hub
   * model, any other bare name a registered one.
   *
   * @throws TrainingException when the text has none of these forms
   */
  static BaseReference parse(String text) throws TrainingException {
    if (text == null || text.isBlank()) {
      throw new TrainingException(
          NOT_FOUND, "no base model is named; " + Syntax.EXPLAINED, "model");
    }
    if (text.equals("scratch")) {
      return new Scratch();
    }
    if (text.startsWith("artifact:")) {
      String digest = text.substring("artifact:".length());
      if (!Syntax.DIGEST.matcher(digest).matches()) {
        throw unreadable(text, "artifact: is followed by sha256: and 64 hexadecimal digits");
      }
      return new Stored(digest);
    }
    if (text.startsWith("model:")) {
      return registered(text, text.substring("model:".length()));
    }
    if (text.startsWith("hub:")) {
      return hub(text, text.substring("hub:".length()));
    }
    if (text.startsWith("file:")) {
      String path = text.substring("file:".length());
      if (path.isBlank() || path.indexOf('\0') >= 0) {
        throw unreadable(text, "file: is followed by a path");
      }
      return new LocalPath(path.startsWith("///") ? path.substring(2) : path);
    }
    if (Syntax.HUB.matcher(text).matches()) {
      return hub(text, text);
    }
    return registered(text, text);
  }

  private static Registered registered(String text, String id) throws TrainingException {
    if (!Syntax.MODEL_ID.matcher(id).matches()) {
      throw unreadable(text, Syntax.EXPLAINED);
    }
    return new Registered(id);
  }

  private static Hub hub(String text, String name) throws TrainingException {
    if (!Syntax.HUB.matcher(name).matches() || name.contains("..")) {
      throw unreadable(text, "a hub model is owner/name or owner/name@revision");
    }
    int at = name.indexOf('@');
    return at < 0 ? new Hub(name, null) : new Hub(name.substring(0, at), name.substring(at + 1));
  }

  private static TrainingException unreadable(String text, String rule) {
    return new TrainingException(
        NOT_FOUND, "the base model '" + text + "' cannot be read: " + rule, "model");
  }

  /** The grammar. */
  final class Syntax {
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern HUB =
        Pattern.compile("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*(@[\\w./-]+)?");
    private static final Pattern MODEL_ID = Pattern.compile("[A-Za-z0-9][\\w.:-]{0,199}");
    private static final String EXPLAINED =
        "use a registered model's id, owner/name of a hub, file:PATH, artifact:sha256:... or"
            + " scratch";

    private Syntax() {}
  }
}
