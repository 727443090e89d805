package io.affinage.llm.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.ProcessorForms;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reward models opened from their folders. */
class RewardModelTest {
  private static final int PAD = 3;

  @TempDir private Path folder;

  private LanguageModel base;

  @BeforeEach
  void open() {
    TokenizerDefinition definition =
        BpeTrainer.train(
            List.of("the cat sat on the mat and the dog sat on the log. ".repeat(20)),
            BpeTrainer.Settings.chatMl(300));
    int vocabulary = definition.json().path("model").path("vocab").size();
    base =
        LanguageModel.initialise(
            DecoderConfig.llama(
                new DecoderShape(vocabulary, 32, 64, 2, 4, 2, 8, 128, true), 1e-5, 10_000),
            definition,
            3,
            Compute.of("cpu", "float32"));
  }

  @AfterEach
  void close() {
    base.close();
  }

  private static float[] random(Random random, long size) {
    float[] values = new float[(int) size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 0.3);
    }
    return values;
  }

  /** A random adapter with its head, in a folder of its own. */
  private Path written(long seed, Rendering.Form form) throws IOException {
    Random random = new Random(seed);
    Path written = folder.resolve("adapter" + seed);
    try (ScoredAdapter scored =
        new ScoredAdapter(
            LoraAdapter.of(
                base.decoder(),
                new LoraConfig(2, 4, 0, false, List.of("all-linear")),
                (block, layer, matrix, shape) -> random(random, shape.size())),
            ScalarHead.of(base.decoder(), random(random, 32), OptionalInt.of(PAD)))) {
      scored.save(written, "base");
    }
    new Rendering(form, OptionalInt.of(PAD)).write(written);
    return written;
  }

  private static List<TokenizedExample> texts(RewardModel model) {
    List<TokenizedExample> texts = new ArrayList<>();
    for (String answer : List.of("the cat", "", "a dog sat on the log and the mat. ", "no")) {
      texts.add(model.encode("a" + texts.size(), "who sat on the mat?", answer));
      texts.add(model.encode("b" + texts.size(), "and?", answer));
    }
    return texts;
  }

  @Test
  void shouldScoreSeveralAdaptersOnOneBase() throws IOException {
    try (RewardModel first = RewardModel.open(base, written(1, Rendering.Form.CHAT));
        RewardModel second = RewardModel.open(base, written(2, Rendering.Form.CHAT))) {
      float[] before = first.scores(texts(first));
      float[] other = second.scores(texts(second));

      assertThat(first.scores(texts(first))).containsExactly(before);
      for (int i = 0; i < before.length; i++) {
        assertThat(other[i]).isNotEqualTo(before[i]);
      }
    }
  }

  /** A score that depends on its company would differ when it is asked for again. */
  @ParameterizedTest
  @CsvSource({"FLOAT32,PLAIN", "BFLOAT16,PLAIN", "FLOAT32,PACKED", "BFLOAT16,PACKED"})
  void shouldGiveEachTextTheSameBitsInAnyCompany(Precision precision, WeightForm form)
      throws IOException {
    assumeTrue(
        !form.packed() || ProcessorForms.packs(precision),
        "this processor packs no weights in bfloat16");
    Path adapter = written(1, Rendering.Form.CHAT);
    ModelExport.of(base, Optional.empty(), ModelCard.named("tiny"))
        .huggingFace(folder.resolve("base"));
    try (LanguageModel body =
            LanguageModel.open(
                folder.resolve("base"), new Compute("cpu", Optional.of(precision)), form);
        RewardModel model = RewardModel.open(body, adapter)) {
      List<TokenizedExample> texts = new ArrayList<>(texts(model));
      for (int i = 0; i < 40; i++) {
        texts.add(
            model.encode("c" + i, "who sat on the mat? ".repeat(i % 3), "a cat, ".repeat(i / 2)));
      }
      float[] alone = new float[texts.size()];
      for (int i = 0; i < alone.length; i++) {
        alone[i] = model.scores(List.of(texts.get(i)))[0];
      }

      assertThat(model.scores(texts)).containsExactly(alone);
      List<Integer> order = new ArrayList<>(IntStream.range(0, alone.length).boxed().toList());
      Collections.shuffle(order, new Random(7));
      List<Integer> some = order.subList(0, 30);
      float[] shuffled = model.scores(some.stream().map(texts::get).toList());
      for (int i = 0; i < shuffled.length; i++) {
        assertThat(shuffled[i]).isEqualTo(alone[some.get(i)]);
      }
    }
  }

  @Test
  void shouldWriteTextsAsTheModelLearnedThem() throws IOException {
    try (RewardModel chat = RewardModel.open(base, written(1, Rendering.Form.CHAT));
        RewardModel plain = RewardModel.open(base, written(2, Rendering.Form.COMPLETION))) {
      assertThat(decoded(chat.encode("a", "who?", "the cat")))
          .isEqualTo(
              "<|im_start|>user\nwho?<|im_end|>\n<|im_start|>assistant\nthe cat<|im_end|>\n");
      assertThat(decoded(chat.encode("a", "who?", "")))
          .isEqualTo("<|im_start|>user\nwho?<|im_end|>\n<|im_start|>assistant\n<|im_end|>\n");
      assertThat(decoded(plain.encode("a", "who? ", "the cat")))
          .isEqualTo("who? the cat<|im_end|>");
      assertThat(decoded(plain.encode("a", "who? ", ""))).isEqualTo("who? <|im_end|>");
    }
  }

  private String decoded(TokenizedExample text) {
    StringBuilder decoded = new StringBuilder();
    int[] ids = text.ids();
    int plain = 0;
    for (int i = 0; i <= ids.length; i++) {
      if (i == ids.length || ids[i] < 4) {
        decoded.append(base.tokenizer().decode(Arrays.copyOfRange(ids, plain, i)));
        if (i < ids.length) {
          decoded.append(base.tokenizer().token(ids[i]).orElseThrow());
        }
        plain = i + 1;
      }
    }
    return decoded.toString();
  }

  @Test
  void shouldRefuseWhatItCannotScore() throws IOException {
    Path written = written(1, Rendering.Form.CHAT);
    try (RewardModel model = RewardModel.open(base, written)) {
      assertThatThrownBy(() -> model.encode("long", "who?", "the log ".repeat(200)))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("text_too_long"))
          .hasMessageContaining("long");
    }
    Random random = new Random(1);
    try (LoraAdapter adapter =
        LoraAdapter.of(
            base.decoder(),
            new LoraConfig(2, 4, 0, false, List.of("all-linear")),
            (block, layer, matrix, shape) -> random(random, shape.size()))) {
      Path plain = folder.resolve("plain");
      PeftFolder.save(adapter, plain, "base");
      assertThat(RewardModel.isAdapter(plain)).isFalse();
      assertThat(RewardModel.isAdapter(written)).isTrue();
      assertThatThrownBy(() -> RewardModel.open(base, plain))
          .isInstanceOfSatisfying(
              LlmException.class,
              e -> assertThat(e.code()).isEqualTo("adapter_config_unsupported"));
      assertThatThrownBy(() -> base.loadAdapter(written))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("model_is_reward_model"));
    }
  }
}
