package io.affinage.llm.reward;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.data.Example;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * How the texts were written that a reward model learned from, and so how texts are written that it
 * scores. It lies beside the model's weights in {@value #FILE}.
 *
 * @param form what prompt and answer become
 * @param padding the token that shorter texts of a batch are filled with by whoever pads them; it
 *     is in no text that the model learned from
 */
public record Rendering(Form form, OptionalInt padding) {

  /** The file's name in a model folder. */
  public static final String FILE = "reward_model.json";

  private static final int VERSION = 1;
  private static final String FORM = "rendering";
  private static final String PADDING = "pad_token_id";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What prompt and answer become. */
  public enum Form {
    /** A question and its answer, as the chat template writes them, closing tokens included. */
    CHAT,
    /** The answer right behind the prompt, and the end-of-text token. */
    COMPLETION
  }

  /** A text to be scored. */
  public Example example(String id, String prompt, String answer) {
    return switch (form) {
      case CHAT ->
          new Example.Chat(
              id,
              List.of(ChatMessage.of("user", prompt), ChatMessage.of("assistant", answer)),
              List.of(),
              Set.of());
      case COMPLETION -> new Example.Completion(id, prompt, answer);
    };
  }

  /** Writes {@value #FILE} into a model's folder. */
  public void write(Path folder) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    json.put("version", VERSION);
    json.put(FORM, form.name().toLowerCase(Locale.ROOT));
    padding.ifPresent(id -> json.put(PADDING, id));
    JSON.writerWithDefaultPrettyPrinter().writeValue(folder.resolve(FILE).toFile(), json);
  }

  /**
   * What a folder says; empty where it says nothing, as with reward models of other programs.
   *
   * @throws LlmException {@code reward_model_invalid}
   */
  public static Optional<Rendering> read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode json = JSON.readTree(file.toFile());
      if (json.path("version").asInt() != VERSION) {
        throw invalid(file, "version is " + json.path("version") + ", known is " + VERSION);
      }
      String form = json.path(FORM).asText();
      JsonNode padding = json.path(PADDING);
      return Optional.of(
          new Rendering(
              Arrays.stream(Form.values())
                  .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(form))
                  .findFirst()
                  .orElseThrow(() -> invalid(file, FORM + " is '" + form + "'")),
              padding.isInt() ? OptionalInt.of(padding.intValue()) : OptionalInt.empty()));
    } catch (IOException e) {
      throw new LlmException("reward_model_invalid", file + " cannot be read: " + e, e);
    }
  }

  private static LlmException invalid(Path file, String what) {
    return new LlmException("reward_model_invalid", file + ": " + what);
  }
}
