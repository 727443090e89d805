package io.affinage.llm.reward;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.data.Example;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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

  /** What special tokens are called that tokenizers keep for padding, or for later use. */
  private static final Pattern SPARE_TOKEN = Pattern.compile("(?i)pad|reserved|unused|placeholder");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What prompt and answer become. */
  public enum Form {
    /** A question and its answer, as the chat template writes them, closing tokens included. */
    CHAT,
    /** The answer right behind the prompt, and the end-of-text token. */
    COMPLETION
  }

  /**
   * The rendering of a training.
   *
   * @param definition of the model's tokenizer
   * @param rows of the model's vocabulary: tokens beyond have no embedding
   * @param preferred the padding token of the model that training goes on from, if there is one
   * @param texts token ids of all texts that are learned or measured
   * @throws LlmException {@code no_padding_token} where every special token is in some text
   */
  public static Rendering of(
      Form form,
      TokenizerDefinition definition,
      int rows,
      OptionalInt preferred,
      Collection<int[]> texts) {
    Set<Integer> taken = new HashSet<>(definition.specialTokens().stops());
    definition.specialTokens().bos().ifPresent(taken::add);
    texts.forEach(ids -> Arrays.stream(ids).forEach(taken::add));
    return candidates(definition, preferred)
        .filter(id -> id < rows && !taken.contains(id))
        .findFirst()
        .map(id -> new Rendering(form, OptionalInt.of(id)))
        .orElseThrow(
            () ->
                new LlmException(
                    "no_padding_token",
                    "a reward model is read at the last token that is no padding, so padding needs a token that no text has; the tokenizer's special tokens %s all are in texts or end them: add one to the tokenizer (added_tokens, special) that the embedding has a row for"
                        .formatted(definition.addedSpecialTokens().keySet())));
  }

  /**
   * What can stand for padding: what did so before, the tokenizer's own, one that is named so, then
   * any other that no chat template writes, from the last on; what stands for unknown words at
   * last.
   */
  private static Stream<Integer> candidates(TokenizerDefinition definition, OptionalInt preferred) {
    List<Integer> named = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    OptionalInt unknown = definition.specialTokens().unk();
    definition
        .addedSpecialTokens()
        .forEach(
            (text, id) -> {
              boolean written =
                  definition.chatTemplates().values().stream()
                      .anyMatch(each -> each.contains(text));
              if (!written && (unknown.isEmpty() || unknown.getAsInt() != id)) {
                (SPARE_TOKEN.matcher(text).find() ? named : others).add(id);
              }
            });
    others.sort(Comparator.reverseOrder());
    List<Integer> all = new ArrayList<>();
    preferred.ifPresent(all::add);
    definition.specialTokens().pad().ifPresent(all::add);
    all.addAll(named);
    all.addAll(others);
    unknown.ifPresent(all::add);
    return all.stream();
  }

  /** A text to be scored. */
  public Example example(String id, String prompt, String answer) {
    return form == Form.COMPLETION
        ? new Example.Completion(id, prompt, answer)
        : example(id, List.of(ChatMessage.of("user", prompt)), List.of(), answer);
  }

  /**
   * An answer in a conversation, to be scored.
   *
   * @param conversation all turns before the answer
   * @param tools as in {@link Example.Chat}
   * @throws LlmException {@code conversation_not_rendered} where the model learned from texts
   *     without turns
   */
  public Example example(
      String id, List<ChatMessage> conversation, List<Map<String, Object>> tools, String answer) {
    if (form == Form.COMPLETION) {
      throw new LlmException(
          "conversation_not_rendered",
          "text %s answers a conversation of %d turns, and the reward model learned from prompts and completions without turns: train one on conversations"
              .formatted(id, conversation.size()));
    }
    List<ChatMessage> turns = new ArrayList<>(conversation);
    turns.add(ChatMessage.of("assistant", answer));
    return new Example.Chat(id, turns, tools, Set.of());
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
