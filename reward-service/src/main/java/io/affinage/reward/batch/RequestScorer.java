package io.affinage.reward.batch;

import io.affinage.events.ErrorDetail;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.reward.scoring.Candidate;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.RequestBudget;
import io.affinage.reward.scoring.Score;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Scores a request. A pure function of the request and of what programs of the user's and reward
 * models answer: asking again, on any instance, is harmless.
 *
 * <p>An item that cannot be scored gets a null value and the reason; a request that cannot be
 * scored at all gets an error and no scores.
 */
public final class RequestScorer {
  /** Longest id of an item in characters: the scores of a full request must fit one record. */
  public static final int MAX_ITEM_ID = 200;

  private final int maxItems;

  /**
   * @param maxItems most items of one request
   */
  public RequestScorer(int maxItems) {
    if (maxItems < 1) {
      throw new IllegalArgumentException("maxItems must be 1 or more, not " + maxItems);
    }
    this.maxItems = maxItems;
  }

  /** The answer to a request that asks no program of the user's, and no reward model. */
  public RewardScored score(RewardRequested request) {
    return score(
            request,
            question -> {
              throw new InvalidRewardException(
                  "unsupported_reward", "external rewards cannot be asked here", "reward");
            },
            (model, texts) -> {
              throw new InvalidRewardException(
                  "unsupported_reward", "reward models cannot be asked here", "reward");
            })
        .join();
  }

  /**
   * The answer to a request. Completed at once where nobody else is asked.
   *
   * @return fails with an {@link UnavailableException} when it cannot be scored now
   * @throws UnavailableException when too much waits already
   */
  public CompletableFuture<RewardScored> score(
      RewardRequested request, ExternalScores externals, LearnedScores learned) {
    try {
      checked(request.items());
      if (request.reward() instanceof RewardSpec.Ensemble several) {
        Ensembles.from(several);
      }
      // What is wrong with any of them is told before one is asked.
      List<RewardSpec> specs = specs(request.reward());
      Map<RewardSpec.External, ExternalScores.Question> questions = new IdentityHashMap<>();
      for (RewardSpec spec : specs) {
        if (spec instanceof RewardSpec.External external) {
          questions.put(external, Externals.question(request, external));
        } else if (!(spec instanceof RewardSpec.Model)) {
          Rewards.from(spec);
        }
      }
      List<CompletableFuture<List<Score>>> asked = new ArrayList<>();
      for (RewardSpec spec : specs) {
        if (spec instanceof RewardSpec.External external) {
          asked.add(
              externals
                  .ask(questions.get(external))
                  .thenApply(answer -> Externals.scores(request, external, answer)));
        } else if (spec instanceof RewardSpec.Model model) {
          asked.add(learned.ask(model.model(), texts(request)));
        }
      }
      CompletableFuture<Void> all =
          CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new));
      // Who brings an answer must not be kept by the scoring of other rewards.
      return all.isDone()
          ? CompletableFuture.completedFuture(answered(request, asked))
          : all.handleAsync((done, failure) -> answered(request, asked));
    } catch (InvalidRewardException e) {
      return CompletableFuture.completedFuture(refused(request, e));
    }
  }

  private static List<LearnedScores.Text> texts(RewardRequested request) {
    return request.items().stream()
        .map(
            item ->
                new LearnedScores.Text(
                    item.prompt(), item.completion(), item.messages(), item.tools()))
        .toList();
  }

  private static RewardScored refused(RewardRequested request, InvalidRewardException e) {
    ErrorDetail error = new ErrorDetail(e.code(), e.getMessage(), e.param());
    return new RewardScored(request.requestId(), List.of(), error);
  }

  private static List<RewardSpec> specs(RewardSpec spec) {
    return spec instanceof RewardSpec.Ensemble several
        ? several.rewards().stream().map(RewardSpec.Member::reward).toList()
        : Collections.singletonList(spec);
  }

  /**
   * @param asked the scores of those rewards that others give, in their order, all there or failed
   */
  private static RewardScored answered(
      RewardRequested request, List<CompletableFuture<List<Score>>> asked) {
    try {
      List<Candidate> candidates = request.items().stream().map(RequestScorer::candidate).toList();
      RequestBudget budget = RequestBudget.start();
      Iterator<CompletableFuture<List<Score>>> answers = asked.iterator();
      List<List<Score>> scores = new ArrayList<>();
      for (RewardSpec spec : specs(request.reward())) {
        scores.add(
            spec instanceof RewardSpec.External || spec instanceof RewardSpec.Model
                ? given(answers.next())
                : Rewards.from(spec).score(candidates, budget));
      }
      List<Score> one =
          request.reward() instanceof RewardSpec.Ensemble several
              ? Ensembles.from(several).combine(candidates, scores)
              : scores.get(0);
      List<RewardScored.Score> wire = new ArrayList<>(one.size());
      for (int i = 0; i < one.size(); i++) {
        wire.add(onTheWire(request.items().get(i).itemId(), one.get(i)));
      }
      return new RewardScored(request.requestId(), List.copyOf(wire), null);
    } catch (InvalidRewardException e) {
      return refused(request, e);
    }
  }

  /** With the failure itself in place of its wrapping. */
  private static List<Score> given(CompletableFuture<List<Score>> scores) {
    try {
      return scores.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private static Candidate candidate(RewardRequested.Item item) {
    return new Candidate(
        item.prompt(),
        item.completion(),
        item.reference(),
        Rewards.instructions(item.instructions()),
        item.group());
  }

  private List<RewardRequested.Item> checked(List<RewardRequested.Item> items) {
    if (items == null || items.isEmpty()) {
      throw new InvalidRewardException("no_items", "the request has no items to score", "items");
    }
    if (items.size() > maxItems) {
      throw new InvalidRewardException(
          "too_many_items",
          "the request has %d items; at most %d are taken, send several requests"
              .formatted(items.size(), maxItems),
          "items");
    }
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < items.size(); i++) {
      RewardRequested.Item item = items.get(i);
      String id = item == null ? null : item.itemId();
      if (id == null || id.isBlank() || id.length() > MAX_ITEM_ID) {
        throw new InvalidRewardException(
            "invalid_item",
            "item %d needs an itemId of 1 to %d characters".formatted(i, MAX_ITEM_ID),
            "items[" + i + "].itemId");
      }
      if (id.codePoints().anyMatch(RequestScorer::unprintable)) {
        throw new InvalidRewardException(
            "invalid_item",
            "the itemId of item %d has control characters or halves of surrogate pairs"
                .formatted(i),
            "items[" + i + "].itemId");
      }
      if (!ids.add(id)) {
        throw new InvalidRewardException(
            "duplicate_item",
            "itemId '%s' occurs twice; ids are unique within a request".formatted(id),
            "items[" + i + "].itemId");
      }
      if (item.messages() != null || item.tools() != null) {
        Conversations.check(item, "items[" + i + "].");
      }
    }
    return items;
  }

  private static boolean unprintable(int character) {
    return Character.isISOControl(character)
        || Character.MIN_SURROGATE <= character && character <= Character.MAX_SURROGATE;
  }

  private static RewardScored.Score onTheWire(String itemId, Score score) {
    Double value = score instanceof Score.Value scored ? Double.valueOf(scored.value()) : null;
    String code = score instanceof Score.Unscorable unscorable ? unscorable.code() : null;
    List<RewardScored.Share> shares =
        score.shares().stream()
            .map(
                share ->
                    new RewardScored.Share(
                        share.name(), share.value(), share.share(), share.code()))
            .toList();
    return new RewardScored.Score(
        itemId, value, score.detail(), code, shares.isEmpty() ? null : shares);
  }
}
