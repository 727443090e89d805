package io.affinage.reward.batch;

import io.affinage.events.ContentIds;
import io.affinage.events.RewardExternalRequested;
import io.affinage.events.RewardExternalScored;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardSpec;
import io.affinage.events.Topics;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.Score;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** An external reward on the wire becomes a question, and its answer scores. */
final class Externals {
  /** No other topic can be written by way of a request. */
  private static final Pattern TOPIC =
      Pattern.compile(
          Pattern.quote(Topics.REWARD_EXTERNAL_REQUESTED.name()) + "(\\.[A-Za-z0-9_-]{1,100})?");

  private Externals() {}

  /**
   * The same request and reward always ask under the same id.
   *
   * @throws InvalidRewardException {@code invalid_external}
   */
  static ExternalScores.Question question(RewardRequested request, RewardSpec.External spec) {
    String topic = spec.topic() == null ? Topics.REWARD_EXTERNAL_REQUESTED.name() : spec.topic();
    long timeout = ((Number) checked("timeoutMillis", spec.timeoutMillis())).longValue();
    int retries = ((Number) checked("retries", spec.retries())).intValue();
    checked("fallback", spec.fallback());
    if (!TOPIC.matcher(topic).matches()) {
      throw invalid(
          "topic must be %1$s, or begin with %1$s. and go on with a name"
              .formatted(Topics.REWARD_EXTERNAL_REQUESTED.name()),
          "topic");
    }
    List<RewardExternalRequested.Item> items =
        request.items().stream()
            .map(
                item ->
                    new RewardExternalRequested.Item(
                        item.itemId(),
                        item.prompt(),
                        item.completion(),
                        item.reference(),
                        item.group(),
                        item.messages(),
                        item.tools()))
            .toList();
    String id =
        "external-" + ContentIds.of("external", request.requestId(), topic, items, spec.settings());
    return new ExternalScores.Question(
        topic,
        new RewardExternalRequested(id, request.requestId(), items, spec.settings()),
        Duration.ofMillis(timeout),
        retries);
  }

  /** The value of a setting, or its default. */
  private static Object checked(String name, Object given) {
    SettingRule rule = Settings.find(RewardSpec.External.class, name);
    String wrong = given == null ? null : rule.wrong(given);
    if (wrong != null) {
      throw invalid(name + " " + wrong, name);
    }
    return given == null ? rule.otherwise() : given;
  }

  private static InvalidRewardException invalid(String why, String field) {
    return new InvalidRewardException("invalid_external", "external: " + why, "reward." + field);
  }

  /** One score per item, in their order. */
  static List<Score> scores(
      RewardRequested request, RewardSpec.External spec, RewardExternalScored answer) {
    Map<String, Score> given = new HashMap<>();
    for (RewardExternalScored.Score score : answer.scores()) {
      given.putIfAbsent(score.itemId(), score(score));
    }
    List<Score> scores = new ArrayList<>();
    for (RewardRequested.Item item : request.items()) {
      Score score =
          answer.error() != null
              ? new Score.Unscorable(codeOf(answer), answer.error().message())
              : given.getOrDefault(
                  item.itemId(),
                  new Score.Unscorable(
                      "external_missing", "the answer has no score of " + item.itemId()));
      boolean none = score instanceof Score.Unscorable;
      scores.add(
          none && spec.fallback() != null
              ? new Score.Value(spec.fallback(), "fallback: " + score.detail())
              : score);
    }
    return scores;
  }

  private static Score score(RewardExternalScored.Score score) {
    if (score.value() == null) {
      return new Score.Unscorable(
          "external_failed", score.detail() == null ? "the answer says null" : score.detail());
    }
    return Double.isFinite(score.value())
        ? new Score.Value(score.value(), score.detail())
        : new Score.Unscorable(
            "not_finite", "the score of %s is %s".formatted(score.itemId(), score.value()));
  }

  private static String codeOf(RewardExternalScored answer) {
    return answer.error().code().equals("external_timeout")
        ? "external_timeout"
        : "external_failed";
  }
}
