package io.affinage.eval.llm;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.serving.Answer;
import io.affinage.eval.serving.AnswerRequest;
import io.affinage.eval.serving.ChatSession;
import io.affinage.eval.serving.ChatSessions;
import io.affinage.eval.serving.ServedModels.Served;
import io.affinage.eval.serving.ServingException;
import io.affinage.eval.serving.ServingException.Kind;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.model.BlockAdapter;
import io.micrometer.core.instrument.Counter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Answers questions with models from the model cache, one at a time per full model. */
final class CachedChatSessions implements ChatSessions {
  private final ModelCache cache;
  private final StoredModelFiles files;
  private final Counter generated;
  private final Limits limits;
  private final Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();

  /**
   * What one model takes.
   *
   * @param queue questions that may wait while one is answered
   * @param maxTokens longest answer where the question names none
   */
  record Limits(int queue, int maxTokens) {}

  CachedChatSessions(ModelCache cache, StoredModelFiles files, Counter generated, Limits limits) {
    this.cache = cache;
    this.files = files;
    this.generated = generated;
    this.limits = limits;
  }

  @Override
  public ChatSession open(Served model, AnswerRequest ask) {
    if (model.registration().filter(each -> each.registration().isRewardModel()).isPresent()) {
      throw new ServingException(
          Kind.INVALID,
          "model_is_reward_model",
          "%s is a reward model: it scores texts and writes none".formatted(model.id()),
          "model",
          null);
    }
    AtomicInteger here =
        inside.computeIfAbsent(model.full().digest(), digest -> new AtomicInteger());
    if (here.incrementAndGet() > limits.queue() + 1) {
      here.decrementAndGet();
      throw new ServingException(
          Kind.BUSY,
          "queue_full",
          "%d questions wait for model %s already; ask again later"
              .formatted(limits.queue(), model.id()),
          null,
          null);
    }
    ModelCache.Hold hold = null;
    try {
      hold = cache.take(model.full(), model.trained(), model.changedFor());
      return prepared(model, ask, hold, here);
    } catch (RuntimeException e) {
      here.decrementAndGet();
      if (hold != null) {
        hold.close();
      }
      throw serving(e);
    }
  }

  private ChatSession prepared(
      Served model, AnswerRequest ask, ModelCache.Hold hold, AtomicInteger here) {
    LoadedModel loaded = hold.model();
    Optional<LoadedModel.Hold> adapter =
        model.adapter().map(ref -> loaded.adapter(ref.digest(), () -> files.path(ref)));
    try {
      return new CachedChatSession(hold, here, adapter, request(loaded, adapter, ask), ask.stop());
    } catch (RuntimeException e) {
      adapter.ifPresent(LoadedModel.Hold::close);
      throw e;
    }
  }

  private GenerationRequest request(
      LoadedModel loaded, Optional<LoadedModel.Hold> adapter, AnswerRequest ask) {
    if (ask.prompt() instanceof Prompt.Chat chat) {
      loaded.model().chatTemplate().ifPresent(read -> new TemplateReads(read).require(chat));
    }
    int[] prompt = new PromptTokens(loaded.model()).prompt(ask.prompt());
    int virtual = adapter.map(hold -> hold.adapter().virtualTokens()).orElse(0);
    int context = loaded.model().decoder().shape().maxPositions() - virtual;
    int room = context - prompt.length;
    int wanted = ask.maxTokens().orElse(Math.min(limits.maxTokens(), Math.max(1, room)));
    if (wanted > room) {
      throw new ServingException(
          Kind.INVALID,
          "context_length_exceeded",
          "the model's context is %d tokens%s; the messages have %d and the answer may have %d: shorten either"
              .formatted(
                  context,
                  virtual == 0 ? "" : " beside the adapter's " + virtual + " virtual ones",
                  prompt.length,
                  wanted),
          "messages",
          null);
    }
    return new GenerationRequest(
        List.of(prompt),
        wanted,
        loaded.model().tokenizer().specialTokens().stops(),
        new Sampling(ask.temperature(), 0, ask.topP(), 1, ask.seed()));
  }

  private static RuntimeException serving(RuntimeException e) {
    if (e instanceof LlmException failure) {
      boolean question =
          failure.code().equals("no_chat_template")
              || failure.code().startsWith("chat_template")
              || failure.code().equals("text_not_unicode")
              || failure.code().equals("prompt_empty")
              || failure.code().equals("invalid_sampling");
      return new ServingException(
          question ? Kind.INVALID : Kind.FAILED,
          failure.code(),
          failure.getMessage(),
          question ? "messages" : null,
          e);
    }
    return e instanceof EvaluationException failure
        ? new ServingException(Kind.FAILED, failure.code(), failure.getMessage(), null, e)
        : e;
  }

  /** One question on its model. */
  private final class CachedChatSession implements ChatSession {
    private final ModelCache.Hold hold;
    private final AtomicInteger here;
    private final Optional<LoadedModel.Hold> adapter;
    private final GenerationRequest request;
    private final List<String> stops;

    private CachedChatSession(
        ModelCache.Hold hold,
        AtomicInteger here,
        Optional<LoadedModel.Hold> adapter,
        GenerationRequest request,
        List<String> stops) {
      this.hold = hold;
      this.here = here;
      this.adapter = adapter;
      this.request = request;
      this.stops = stops;
    }

    @Override
    public Answer answer(Predicate<String> pieces) {
      try {
        return hold.model().inTurn(() -> generate(pieces));
      } catch (LlmException e) {
        throw serving(e);
      }
    }

    private Answer generate(Predicate<String> pieces) {
      AnswerText text = new AnswerText(hold.model().model().tokenizer(), stops);
      GeneratedTokens tokens;
      BlockAdapter layers =
          adapter.map(LoadedModel.Hold::adapter).orElseGet(() -> hold.model().none());
      try (Generator generator = new Generator(hold.model().model().decoder(), layers)) {
        tokens =
            generator
                .generate(
                    request,
                    (row, token) -> {
                      generated.increment();
                      text.add(token);
                      String news = text.news();
                      return (news.isEmpty() || pieces.test(news)) && !text.stopped();
                    })
                .get(0);
      }
      String whole = text.whole();
      String rest = text.news();
      if (!rest.isEmpty()) {
        pieces.test(rest);
      }
      boolean stopped = text.stopped() || tokens.finish() == GeneratedTokens.Finish.STOP;
      return new Answer(
          whole, stopped ? "stop" : "length", request.prompts().get(0).length, tokens.ids().length);
    }

    @Override
    public void close() {
      here.decrementAndGet();
      adapter.ifPresent(LoadedModel.Hold::close);
      hold.close();
    }
  }
}
