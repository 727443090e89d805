package io.affinage.reward.learned;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.events.ErrorKind;
import io.affinage.events.EventJson;
import io.affinage.events.ModelRegistered;
import io.affinage.events.Stage;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.error.NativeFault;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.ChatMessage;
import io.affinage.reward.batch.LearnedScores;
import io.affinage.reward.batch.UnavailableException;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.Score;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Scores texts with registered reward models. One thread computes; whoever asks does not wait.
 * Texts of all requests that ask the same model are taken together, the longest waiting first and
 * with it those of like length, up to a number of tokens; then comes the model whose text waits
 * longest. The same text is computed once, however often it is asked for.
 *
 * <p>A score has the same bits whatever it is asked for with. Nothing of the model library is
 * loaded before the first text.
 */
public final class RewardModelScorer implements LearnedScores, AutoCloseable {
  private static final JsonMapper JSON = EventJson.mapper();
  private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};

  private final RegisteredModels models;
  private final RewardModelCache loaded;
  private final ScoreCache cache;
  private final Limits limits;
  private final LearnedMeters meters;

  // Guarded by this.
  private final Map<ScoreOrigin, Queue> queues = new LinkedHashMap<>();
  private final Map<ScoreCache.Key, Waiting> underWay = new HashMap<>();
  private long waitingCharacters;
  private long asked;
  private Thread worker;
  private boolean closed;

  /**
   * @param characters of texts that wait at the same time, at most, but for one request
   * @param batchTokens of texts that are computed before another model's turn comes, at least one
   *     text
   * @param patience how long a model is waited for that is not registered yet
   * @param scores that are remembered
   * @param bases models that are kept in memory
   * @param adapters that are kept on each
   */
  public record Limits(
      long characters, int batchTokens, Duration patience, int scores, int bases, int adapters) {}

  /** Texts that wait for one model. */
  private static final class Queue {
    private final ModelRegistered model;
    // Guarded by the outer object.
    private final Deque<Waiting> arrived = new ArrayDeque<>();
    // Of the worker alone; in the order in which they were asked for.
    private final List<Waiting> encoded = new ArrayList<>();
    // Of the worker alone; what it has taken out of the others, until its turn is over.
    private final List<Waiting> inHand = new ArrayList<>();

    private Queue(ModelRegistered model) {
      this.model = model;
    }

    private boolean isEmpty() {
      return arrived.isEmpty() && encoded.isEmpty();
    }

    private long first() {
      return encoded.isEmpty() ? arrived.element().number : encoded.get(0).number;
    }
  }

  /** A text without a score yet. */
  private static final class Waiting {
    private final ScoreCache.Key key;
    private final Text text;
    private final long number;
    private final CompletableFuture<Score> outcome = new CompletableFuture<>();
    private TokenizedExample tokens;

    private Waiting(ScoreCache.Key key, Text text, long number) {
      this.key = key;
      this.text = text;
      this.number = number;
    }
  }

  /**
   * @param compute asked for when the first model is opened
   */
  public RewardModelScorer(
      RegisteredModels models,
      ModelFiles files,
      Supplier<Compute> compute,
      Limits limits,
      MeterRegistry registry) {
    this.models = models;
    this.loaded = new RewardModelCache(files, compute, limits.bases(), limits.adapters());
    this.cache = new ScoreCache(limits.scores());
    this.limits = limits;
    this.meters = new LearnedMeters(registry, this::waiting, loaded::size);
  }

  private synchronized int waiting() {
    return underWay.size();
  }

  @Override
  public CompletableFuture<List<Score>> ask(String model, List<Text> texts) {
    if (model == null || model.isBlank()) {
      throw new InvalidRewardException(
          "missing_model", "the reward names no model to score with", "reward.model");
    }
    if (model.startsWith(Stage.OF_STAGE)) {
      throw new InvalidRewardException(
          "unresolved_model",
          "'%s' names a stage, which only a stage of a recipe can; give the model's id"
              .formatted(model),
          "reward.model");
    }
    long begun = System.nanoTime();
    long characters = texts.stream().mapToLong(RewardModelScorer::characters).sum();
    take(characters);
    return models
        .find(model, limits.patience())
        .thenCompose(found -> scores(found, texts))
        .whenComplete(
            (scores, failure) -> {
              give(characters);
              if (scores != null) {
                meters.answered(model, System.nanoTime() - begun);
              }
            });
  }

  private static long characters(Text text) {
    return (text.prompt() == null ? 0 : text.prompt().length())
        + (text.completion() == null ? 0 : text.completion().length())
        + (text.messages() == null ? 0 : text.messages().toString().length())
        + (text.tools() == null ? 0 : text.tools().toString().length());
  }

  private synchronized void take(long characters) {
    if (closed) {
      throw stopping();
    }
    if (waitingCharacters > 0 && waitingCharacters + characters > limits.characters()) {
      throw new UnavailableException("busy", "too many texts wait for reward models", null);
    }
    waitingCharacters += characters;
  }

  private synchronized void give(long characters) {
    waitingCharacters -= characters;
  }

  private static UnavailableException stopping() {
    return new UnavailableException("stopping", "the service is stopping", null);
  }

  private CompletableFuture<List<Score>> scores(ModelRegistered model, List<Text> texts) {
    List<CompletableFuture<Score>> scores = new ArrayList<>(texts.size());
    int known = 0;
    for (Text text : texts) {
      CompletableFuture<Score> score = score(model, text);
      known += score.isDone() ? 1 : 0;
      scores.add(score);
    }
    if (known > 0) {
      meters.cached(model.modelId(), known);
    }
    return CompletableFuture.allOf(scores.toArray(CompletableFuture[]::new))
        .thenApply(done -> scores.stream().map(CompletableFuture::join).toList());
  }

  private CompletableFuture<Score> score(ModelRegistered model, Text text) {
    if (text.completion() == null) {
      return done(new Score.Unscorable("missing_completion", "the item has no completion"));
    }
    if (text.prompt() == null) {
      return done(new Score.Unscorable("missing_prompt", "the item has no prompt"));
    }
    ScoreOrigin origin = ScoreOrigin.of(model);
    ScoreCache.Key key = ScoreCache.Key.of(origin, text);
    synchronized (this) {
      if (closed) {
        return CompletableFuture.failedFuture(stopping());
      }
      Optional<Double> known = cache.get(key);
      if (known.isPresent()) {
        return done(new Score.Value(known.get(), null));
      }
      Waiting waiting = underWay.get(key);
      if (waiting == null) {
        waiting = new Waiting(key, text, asked++);
        underWay.put(key, waiting);
        queues.computeIfAbsent(origin, from -> new Queue(model)).arrived.add(waiting);
        if (worker == null) {
          worker = new Thread(this::work, "reward-models");
          worker.setDaemon(true);
          worker.start();
        }
        notifyAll();
      }
      return waiting.outcome;
    }
  }

  private static CompletableFuture<Score> done(Score score) {
    return CompletableFuture.completedFuture(score);
  }

  private void work() {
    try (loaded) {
      for (Queue next = next(); next != null; next = next()) {
        try {
          turn(next);
        } catch (RuntimeException | Error e) {
          // Whatever it was, nobody must wait in vain.
          left(next).forEach(each -> failed(each, refusal(e)));
        }
      }
    }
  }

  private synchronized List<Waiting> left(Queue queue) {
    List<Waiting> left = new ArrayList<>(queue.inHand);
    left.addAll(queue.encoded);
    left.addAll(queue.arrived);
    queue.inHand.clear();
    queue.encoded.clear();
    queue.arrived.clear();
    return left;
  }

  /** The queue whose first text was asked for first; null at the end. */
  private synchronized Queue next() {
    while (!closed) {
      queues.values().removeIf(Queue::isEmpty);
      Optional<Queue> first = queues.values().stream().min(Comparator.comparingLong(Queue::first));
      if (first.isPresent()) {
        return first.get();
      }
      try {
        wait();
      } catch (InterruptedException e) {
        return null;
      }
    }
    return null;
  }

  private void turn(Queue queue) {
    synchronized (this) {
      queue.inHand.addAll(queue.arrived);
      queue.arrived.clear();
    }
    List<Waiting> arrived = List.copyOf(queue.inHand);
    RewardModel model;
    try {
      model = loaded.open(queue.model);
    } catch (RuntimeException | LinkageError e) {
      left(queue).forEach(each -> failed(each, refusal(e)));
      return;
    }
    arrived.forEach(each -> encode(model, queue, each));
    List<Waiting> batch = batch(queue.encoded);
    queue.inHand.clear();
    queue.inHand.addAll(batch);
    queue.encoded.removeAll(batch);
    long begun = System.nanoTime();
    int tokens = 0;
    for (Waiting each : batch) {
      tokens += each.tokens.length();
      meters.scored(queue.model.modelId());
    }
    if (!batch.isEmpty()) {
      compute(model, batch);
      meters.computed(
          queue.model.modelId(), (double) tokens / limits.batchTokens(), System.nanoTime() - begun);
    }
    queue.inHand.clear();
  }

  private void encode(RewardModel model, Queue queue, Waiting waiting) {
    try {
      waiting.tokens = encode(model, waiting.text);
      queue.encoded.add(waiting);
    } catch (LlmException e) {
      if (e.code().equals("conversation_not_rendered")) {
        // It is of the model, not of the item: no conversation will ever have a score.
        failed(waiting, refusal(e));
      } else {
        ended(waiting, new Score.Unscorable(e.code(), e.getMessage()));
      }
    } catch (RuntimeException e) {
      failed(waiting, e);
    }
  }

  private static TokenizedExample encode(RewardModel model, Text text) {
    if (text.messages() == null) {
      return model.encode("item", text.prompt(), text.completion());
    }
    return model.encode(
        "item",
        text.messages().stream()
            .map(turn -> new ChatMessage(turn.role(), turn.content(), turn.templateFields()))
            .toList(),
        text.tools() == null
            ? List.of()
            : text.tools().stream().map(tool -> JSON.convertValue(tool, FIELDS)).toList(),
        text.completion());
  }

  /** The text that was asked for first, and those of the most like lengths that fit beside it. */
  private List<Waiting> batch(List<Waiting> encoded) {
    if (encoded.isEmpty()) {
      return List.of();
    }
    int length = encoded.get(0).tokens.length();
    List<Waiting> batch = new ArrayList<>(List.of(encoded.get(0)));
    int left = limits.batchTokens() - length;
    List<Waiting> others =
        encoded.subList(1, encoded.size()).stream()
            .sorted(Comparator.comparingInt(each -> Math.abs(each.tokens.length() - length)))
            .toList();
    for (Waiting each : others) {
      if (each.tokens.length() > left) {
        break;
      }
      left -= each.tokens.length();
      batch.add(each);
    }
    return batch;
  }

  private void compute(RewardModel model, List<Waiting> batch) {
    float[] scores;
    try {
      scores = model.scores(batch.stream().map(each -> each.tokens).toList());
    } catch (RuntimeException e) {
      if (batch.size() > 1 && (e instanceof LlmException || NativeFault.of(e).isPresent())) {
        // One text's fault is not the others'.
        batch.stream().takeWhile(each -> open()).forEach(each -> compute(model, List.of(each)));
      } else {
        batch.forEach(each -> unscored(each, e));
      }
      return;
    }
    for (int i = 0; i < scores.length; i++) {
      cache.put(batch.get(i).key, scores[i]);
      ended(batch.get(i), new Score.Value(scores[i], null));
    }
  }

  private synchronized boolean open() {
    return !closed;
  }

  private void unscored(Waiting waiting, RuntimeException why) {
    if (why instanceof LlmException e && e.code().equals("non_finite_score")) {
      ended(
          waiting,
          new Score.Unscorable("not_finite", "the reward model gives it no finite number"));
    } else if (why instanceof LlmException e && ErrorKind.of(e.code()) == ErrorKind.USER) {
      ended(waiting, new Score.Unscorable(e.code(), e.getMessage()));
    } else {
      failed(waiting, refusal(why));
    }
  }

  /** What a model that cannot be opened, or computed, means to those who ask for it. */
  private static Throwable refusal(Throwable e) {
    Throwable known =
        e instanceof LlmException ? e : NativeFault.of(e).<Throwable>map(each -> each).orElse(e);
    if (known instanceof LlmException coded) {
      return ErrorKind.of(coded.code()) == ErrorKind.USER
          ? new InvalidRewardException(coded.code(), coded.getMessage(), "reward.model")
          : new UnavailableException(coded.code(), coded.getMessage(), coded);
    }
    return e;
  }

  private void ended(Waiting waiting, Score score) {
    forget(waiting);
    waiting.outcome.complete(score);
  }

  private void failed(Waiting waiting, Throwable why) {
    forget(waiting);
    waiting.outcome.completeExceptionally(why);
  }

  private synchronized void forget(Waiting waiting) {
    underWay.remove(waiting.key, waiting);
  }

  /** Ends what is computed after the present batch; what waits fails. */
  @Override
  public void close() {
    List<Waiting> left;
    Thread ending;
    synchronized (this) {
      closed = true;
      ending = worker;
      left = new ArrayList<>(underWay.values());
      notifyAll();
    }
    left.forEach(each -> failed(each, stopping()));
    if (ending != null) {
      try {
        ending.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
