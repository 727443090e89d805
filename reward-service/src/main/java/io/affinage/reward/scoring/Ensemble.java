package io.affinage.reward.scoring;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes one score of the scores that several rewards gave. Pure arithmetic. */
public final class Ensemble {
  /** Most rewards. */
  public static final int MAX_MEMBERS = 16;

  private static final int MAX_NAME = 64;

  private final List<Member> members;
  private final Clip clip;

  /**
   * One of the rewards.
   *
   * @param overGroup whether groups are normalised each by itself, rather than all candidates
   * @param clip of normalised scores
   * @param fallback for candidates without a score; null for none
   */
  public record Member(
      String name,
      double weight,
      Normalisation normalisation,
      boolean overGroup,
      Clip clip,
      Double fallback) {

    /**
     * @throws InvalidRewardException {@code invalid_ensemble}
     */
    public Member {
      if (name.isBlank() || name.length() > MAX_NAME || !name.matches("[\\w.:-]+")) {
        throw invalid("names are 1 to %d of A-Z a-z 0-9 _ . : -".formatted(MAX_NAME), "name");
      }
      if (!Double.isFinite(weight)) {
        throw invalid("the weight of %s must be a finite number".formatted(name), "weight");
      }
      if (fallback != null && !Double.isFinite(fallback)) {
        throw invalid("the fallback of %s must be a finite number".formatted(name), "fallback");
      }
    }
  }

  /**
   * @throws InvalidRewardException {@code invalid_ensemble}
   */
  public Ensemble(List<Member> members, Clip clip) {
    if (members.isEmpty() || members.size() > MAX_MEMBERS) {
      throw invalid(
          "takes 1 to %d rewards, not %d".formatted(MAX_MEMBERS, members.size()), "rewards");
    }
    Set<String> names = new HashSet<>();
    for (Member member : members) {
      if (!names.add(member.name())) {
        throw invalid("two rewards are named %s; give them names".formatted(member.name()), "name");
      }
    }
    this.members = List.copyOf(members);
    this.clip = clip;
  }

  private static InvalidRewardException invalid(String why, String field) {
    return new InvalidRewardException(
        "invalid_ensemble",
        "ensemble: " + why,
        field.equals("rewards") ? "reward.rewards" : "reward.rewards." + field);
  }

  /**
   * The sums.
   *
   * @param scores of each member, in their order: one per candidate
   */
  public List<Score> combine(List<Candidate> candidates, List<List<Score>> scores) {
    List<List<Score.Share>> shares = new ArrayList<>();
    for (int m = 0; m < members.size(); m++) {
      shares.add(shares(members.get(m), candidates, scores.get(m)));
    }
    List<Score> sums = new ArrayList<>(candidates.size());
    for (int i = 0; i < candidates.size(); i++) {
      int item = i;
      sums.add(sum(shares.stream().map(ofMember -> ofMember.get(item)).toList()));
    }
    return sums;
  }

  private Score sum(List<Score.Share> shares) {
    double sum = 0;
    for (int m = 0; m < shares.size(); m++) {
      Score.Share share = shares.get(m);
      // What only watches spoils no answer that it has no score for.
      if (members.get(m).weight() == 0) {
        continue;
      }
      if (share.share() == null) {
        return new Score.Unscorable(share.code(), share.name() + " has no score", shares);
      }
      sum += share.share();
    }
    return Double.isFinite(sum)
        ? new Score.Value(clip.of(sum), null, shares)
        : new Score.Unscorable("not_finite", "the sum is beyond all numbers", shares);
  }

  private static List<Score.Share> shares(
      Member member, List<Candidate> candidates, List<Score> scores) {
    Double[] raw = new Double[scores.size()];
    Map<String, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < raw.length; i++) {
      raw[i] = scores.get(i) instanceof Score.Value value ? value.value() : member.fallback();
      if (raw[i] != null) {
        String group = member.overGroup() ? candidates.get(i).group() : null;
        groups.computeIfAbsent(group, name -> new ArrayList<>()).add(i);
      }
    }
    double[] weighted = new double[raw.length];
    for (List<Integer> group : groups.values()) {
      double[] normal =
          member.normalisation().of(group.stream().mapToDouble(i -> raw[i]).toArray());
      for (int k = 0; k < normal.length; k++) {
        weighted[group.get(k)] = member.weight() * member.clip().of(normal[k]);
      }
    }
    List<Score.Share> shares = new ArrayList<>();
    for (int i = 0; i < raw.length; i++) {
      String code = scores.get(i) instanceof Score.Unscorable none ? none.code() : null;
      boolean finite = raw[i] != null && Double.isFinite(weighted[i]);
      shares.add(
          new Score.Share(
              member.name(),
              raw[i],
              finite ? Double.valueOf(weighted[i]) : null,
              raw[i] != null && !finite ? "not_finite" : code));
    }
    return shares;
  }
}
