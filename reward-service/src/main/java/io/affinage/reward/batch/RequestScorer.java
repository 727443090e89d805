package io.affinage.reward.batch;

import io.affinage.events.ErrorDetail;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.reward.scoring.Candidate;
import io.affinage.reward.scoring.Ensemble;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.RequestBudget;
import io.affinage.reward.scoring.Reward;
import io.affinage.reward.scoring.Score;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Scores a request. A pure function of the request: the same request always gets the same answer,
 * so asking again, on any instance, is harmless.
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

  /** The answer to a request. */
  public RewardScored score(RewardRequested request) {
    try {
      List<RewardRequested.Item> items = checked(request.items());
      List<Candidate> candidates = items.stream().map(RequestScorer::candidate).toList();
      List<Score> scores = scores(request.reward(), candidates);
      List<RewardScored.Score> answers = new ArrayList<>(items.size());
      for (int i = 0; i < items.size(); i++) {
        answers.add(onTheWire(items.get(i).itemId(), scores.get(i)));
      }
      return new RewardScored(request.requestId(), List.copyOf(answers), null);
    } catch (InvalidRewardException e) {
      ErrorDetail error = new ErrorDetail(e.code(), e.getMessage(), e.param());
      return new RewardScored(request.requestId(), List.of(), error);
    }
  }

  private static List<Score> scores(RewardSpec spec, List<Candidate> candidates) {
    RequestBudget budget = RequestBudget.start();
    if (!(spec instanceof RewardSpec.Ensemble several)) {
      return Rewards.from(spec).score(candidates, budget);
    }
    Ensemble ensemble = Ensembles.from(several);
    List<Reward> rewards =
        several.rewards().stream().map(member -> Rewards.from(member.reward())).toList();
    return ensemble.combine(
        candidates, rewards.stream().map(reward -> reward.score(candidates, budget)).toList());
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
