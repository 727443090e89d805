package io.affinage.llm.reward;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.TokenizerDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A model that gives a text one score: a body with a head, opened from a folder. Either an adapter
 * with its head on a base, of which many may stand on one, or a model of its own. Texts are written
 * in the rendering that the model learned from. Not safe for use by several threads at once, and
 * neither are models on one base.
 */
public final class RewardModel implements AutoCloseable {
  private final LanguageModel model;
  private final BlockAdapter adapter;
  private final ScalarHead head;
  private final Rendering rendering;
  private final AutoCloseable owned;
  private final ExampleEncoder encoder;

  private RewardModel(
      LanguageModel model,
      BlockAdapter adapter,
      ScalarHead head,
      Rendering rendering,
      AutoCloseable owned) {
    this.model = model;
    this.adapter = adapter;
    this.head = head;
    this.rendering = rendering;
    this.owned = owned;
    this.encoder =
        new ExampleEncoder(
            model.tokenizer(),
            model.chatTemplate(),
            new ExampleEncoder.Settings(
                Integer.MAX_VALUE, OverlengthPolicy.FAIL, AnswerTargets.LAST, true));
  }

  /** Whether a folder holds a reward model that has a base of its own beside it: an adapter. */
  public static boolean isAdapter(Path folder) {
    return ScoredAdapter.isIn(folder);
  }

  /** Whether a folder holds a reward model that needs no base. */
  public static boolean isWhole(Path folder) {
    return !Files.exists(folder.resolve(PeftConfig.FILE)) && ClassifierCheckpoint.isIn(folder);
  }

  /**
   * Opens a model of its own, a folder of {@code ...ForSequenceClassification} with one label.
   *
   * @throws LlmException {@code model_is_no_reward_model}, {@code reward_model_invalid}, and what
   *     {@link LanguageModel#open} throws
   */
  public static RewardModel open(Path folder, Compute compute) {
    Body body = body(folder, compute);
    ScalarHead head =
        ScalarHead.of(body.model().decoder(), body.head(), body.rendering().padding());
    return new RewardModel(
        body.model(),
        body.model().decoder().withoutAdapter(),
        head,
        body.rendering(),
        closing(head, body.model()));
  }

  /**
   * Opens what adapters with heads stand on: a language model, or the body of a reward model, whose
   * head theirs take the place of.
   *
   * @throws LlmException as {@link #open(Path, Compute)} and {@link LanguageModel#open}
   */
  public static LanguageModel openBase(Path model, Compute compute) {
    return isWhole(model) ? body(model, compute).model() : LanguageModel.open(model, compute);
  }

  /**
   * Opens an adapter with its head, a PEFT folder for {@code SEQ_CLS}, on its base.
   *
   * @param base stays the caller's, who closes it after the reward model
   * @throws LlmException {@code adapter_config_unsupported} where it has no head of scores, {@code
   *     reward_model_invalid}, and what {@link ScoredAdapter#load} throws
   */
  public static RewardModel open(LanguageModel base, Path adapter) {
    Rendering rendering =
        Rendering.read(adapter).orElseGet(() -> foreign(base, padding(base, adapter)));
    ScoredAdapter scored = ScoredAdapter.load(base.decoder(), adapter, rendering.padding());
    return new RewardModel(base, scored.adapter(), scored.head(), rendering, scored);
  }

  /**
   * The parts of a model of its own, which is trained further.
   *
   * @param head the head's weight, [hidden]
   */
  public record Body(LanguageModel model, float[] head, Rendering rendering) {}

  /**
   * Opens the parts of a model of its own; the caller closes the model.
   *
   * @throws LlmException as {@link #open(Path, Compute)}
   */
  public static Body body(Path folder, Compute compute) {
    ClassifierCheckpoint checkpoint = ClassifierCheckpoint.open(folder);
    LanguageModel model = LanguageModel.open(checkpoint, folder, compute, WeightForm.PLAIN);
    try {
      return new Body(
          model,
          checkpoint.score(),
          Rendering.read(folder).orElseGet(() -> foreign(model, checkpoint.padding())));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** Of a model that another program made: as TRL renders conversations, or else texts. */
  private static Rendering foreign(LanguageModel model, OptionalInt padding) {
    return new Rendering(
        model.chatTemplate().isPresent() ? Rendering.Form.CHAT : Rendering.Form.COMPLETION,
        padding);
  }

  private static OptionalInt padding(LanguageModel base, Path adapter) {
    TokenizerDefinition definition =
        Files.exists(adapter.resolve("tokenizer.json"))
            ? TokenizerDefinition.fromFolder(adapter)
            : base.definition();
    return definition.specialTokens().pad();
  }

  private static AutoCloseable closing(ScalarHead head, LanguageModel model) {
    return () -> {
      head.close();
      model.close();
    };
  }

  /** The body, with its tokenizer; the caller's base of an adapter. */
  public LanguageModel model() {
    return model;
  }

  /** The head of scores. */
  public ScalarHead head() {
    return head;
  }

  /** How texts are written that it scores. */
  public Rendering rendering() {
    return rendering;
  }

  /** Tokens that a text may have. */
  public int longestText() {
    return model.decoder().shape().maxPositions() - adapter.virtualTokens();
  }

  /**
   * An answer to a prompt, in the model's own rendering, closing tokens included.
   *
   * @param id names it in errors
   * @throws LlmException {@code text_too_long} beyond the model's context: nothing is cut; what the
   *     chat template throws
   */
  public TokenizedExample encode(String id, String prompt, String answer) {
    return encode(rendering.example(id, prompt, answer));
  }

  /**
   * An answer in a conversation, in the model's own rendering, closing tokens included.
   *
   * @param conversation all turns before the answer
   * @param tools JSON schemas of the functions that the assistant may call, as maps
   * @throws LlmException as above; {@code conversation_not_rendered} where the model learned from
   *     texts without turns
   */
  public TokenizedExample encode(
      String id, List<ChatMessage> conversation, List<Map<String, Object>> tools, String answer) {
    return encode(rendering.example(id, conversation, tools, answer));
  }

  /**
   * A text as training encodes it.
   *
   * @throws LlmException as above
   */
  public TokenizedExample encode(Example example) {
    TokenizedExample text =
        example instanceof Example.Completion completion && completion.completion().isEmpty()
            ? nothingAnswered(completion)
            : encoder.encode(example);
    if (text.length() > longestText()) {
      throw new LlmException(
          "text_too_long",
          "text %s has %d tokens, more than the %d of the reward model's context"
              .formatted(text.id(), text.length(), longestText()));
    }
    return text;
  }

  private TokenizedExample nothingAnswered(Example.Completion completion) {
    int[] prompt = encoder.prompt(completion.prompt());
    int[] ids = Arrays.copyOf(prompt, prompt.length + 1);
    ids[prompt.length] = model.tokenizer().specialTokens().requireEos();
    return new TokenizedExample(completion.id(), ids, new int[0]);
  }

  /**
   * The scores of texts, in their order. A text's score has the same bits whatever it is asked for
   * with; beginnings that texts share are computed once.
   *
   * @param texts as {@link #encode} gives them
   * @throws LlmException {@code non_finite_score} naming the text
   */
  public float[] scores(List<TokenizedExample> texts) {
    float[] scores = head.reproducibleScores(model.decoder(), adapter, texts);
    for (int i = 0; i < scores.length; i++) {
      if (!Float.isFinite(scores[i])) {
        throw new LlmException(
            "non_finite_score",
            "the score of text %s is %s".formatted(texts.get(i).id(), scores[i]));
      }
    }
    return scores;
  }

  @Override
  public void close() {
    try {
      owned.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("cannot close a reward model", e);
    }
  }
}
