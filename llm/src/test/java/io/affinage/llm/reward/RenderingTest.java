package io.affinage.llm.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.SpecialTokens;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which token pads a reward model's batches, and what its folder says of its texts. */
class RenderingTest {
  private static final List<int[]> TEXTS = List.of(new int[] {1, 9, 2}, new int[] {1, 5, 9, 2});

  /** Special tokens 0 to 5; text ends in 2, which also is the tokenizer's padding. */
  private static TokenizerDefinition tokenizer(OptionalInt pad, String... texts) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    var added = json.putArray("added_tokens");
    for (int id = 0; id < texts.length; id++) {
      added.addObject().put("id", id).put("content", texts[id]).put("special", true);
    }
    return new TokenizerDefinition(
        json,
        new SpecialTokens(OptionalInt.of(1), OptionalInt.of(2), Set.of(2), pad, OptionalInt.of(0)),
        Map.of(TokenizerDefinition.DEFAULT, "<s>{{ m }}</s><tool>"),
        OptionalInt.empty());
  }

  private static int padding(TokenizerDefinition tokenizer, OptionalInt before, int rows) {
    return Rendering.of(Rendering.Form.CHAT, tokenizer, rows, before, TEXTS).padding().getAsInt();
  }

  @Test
  void shouldPadWithATokenThatNoTextHas() {
    OptionalInt none = OptionalInt.empty();
    OptionalInt eos = OptionalInt.of(2); // SmolLM2's tokenizer pads with what ends texts
    TokenizerDefinition like =
        tokenizer(eos, "<unk>", "<s>", "</s>", "<file>", "<tool>", "<repo>", "<last>");

    // No role, no chat template, no text: the last such token.
    assertThat(padding(like, none, 100)).isEqualTo(6);
    // A token beyond the embedding is none.
    assertThat(padding(like, none, 6)).isEqualTo(3);
    // What did so before, where it still can.
    assertThat(padding(like, OptionalInt.of(3), 100)).isEqualTo(3);
    assertThat(padding(like, OptionalInt.of(5), 100)).isEqualTo(6);
    // The tokenizer's own, and what is called so.
    assertThat(padding(tokenizer(OptionalInt.of(3), "<unk>", "<s>", "</s>", "a", "b"), none, 100))
        .isEqualTo(3);
    assertThat(padding(tokenizer(eos, "<unk>", "<s>", "</s>", "<|pad|>", "b"), none, 100))
        .isEqualTo(3);
    // What stands for unknown words, at last.
    assertThat(padding(tokenizer(eos, "<unk>", "<s>", "</s>"), none, 100)).isEqualTo(0);
    TokenizerDefinition nothing = tokenizer(OptionalInt.of(9), "<s>");
    assertThatThrownBy(
            () ->
                Rendering.of(
                    Rendering.Form.CHAT, nothing, 100, none, List.of(new int[] {0, 9, 1, 2})))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("no_padding_token"));
  }

  @Test
  void shouldReadWhatItWrites(@TempDir Path folder) throws IOException {
    assertThat(Rendering.read(folder)).isEmpty();
    for (Rendering rendering :
        List.of(
            new Rendering(Rendering.Form.CHAT, OptionalInt.of(3)),
            new Rendering(Rendering.Form.COMPLETION, OptionalInt.empty()))) {
      rendering.write(folder);
      assertThat(Rendering.read(folder)).contains(rendering);
    }
    for (String broken :
        List.of("{", "{\"version\": 2}", "{\"version\": 1, \"rendering\": \"verse\"}")) {
      Files.writeString(folder.resolve(Rendering.FILE), broken);
      assertThatThrownBy(() -> Rendering.read(folder))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("reward_model_invalid"));
    }
  }
}
