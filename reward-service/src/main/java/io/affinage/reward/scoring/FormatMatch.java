package io.affinage.reward.scoring;

/** 1 when the whole completion, behind what the prompt has begun, has the form; else 0. */
public final class FormatMatch implements Reward {
  private static final long STEPS_A_CHARACTER = 20;
  private static final int MAX_PREFIX = 10_000;

  private final FormatTemplate template;
  private final LinearPattern pattern;
  private final String prefix;
  private final boolean partial;

  /**
   * @param template see {@link FormatTemplate}; null for a pattern
   * @param pattern in RE2 syntax, of all the text, in which a dot stands for line ends, too; null
   *     for a template
   * @param prefix put before each completion; may be null
   * @param partial whether a share is given for literals of the template
   * @param allowEmpty whether nothing may stand where the template has any text
   * @throws InvalidRewardException {@code invalid_format}, {@code invalid_pattern}
   */
  public FormatMatch(
      String template, String pattern, String prefix, boolean partial, boolean allowEmpty) {
    if ((template == null) == (pattern == null)) {
      throw invalid("takes either a template or a pattern", "reward.template");
    }
    if (template == null && (partial || allowEmpty)) {
      throw invalid("has partial and allowEmpty for a template, not for a pattern", "reward");
    }
    if (prefix != null && prefix.length() > MAX_PREFIX) {
      throw invalid(
          "takes a prefix of at most %d characters".formatted(MAX_PREFIX), "reward.prefix");
    }
    this.template = template == null ? null : FormatTemplate.parse(template, allowEmpty);
    this.pattern = pattern == null ? null : LinearPattern.compileWhole(pattern, "reward.pattern");
    this.prefix = prefix == null ? "" : prefix;
    this.partial = partial;
  }

  static InvalidRewardException invalid(String why, String param) {
    return new InvalidRewardException("invalid_format", "format " + why, param);
  }

  @Override
  public Score scoreOne(Candidate candidate, Budget budget) {
    String text = prefix + candidate.completion();
    if (template == null) {
      boolean found = pattern.find(text.strip(), budget);
      return Score.of(found, found ? "has the form" : "does not match the pattern");
    }
    budget.spend(STEPS_A_CHARACTER * (template.literals() + 1L) * (text.length() + 1L));
    FormatTemplate.Found found = template.find(text);
    double share = partial ? (double) found.literals() / (template.literals() + 1) : 0;
    return new Score.Value(
        found.missed() == null ? 1 : share,
        found.missed() == null ? "has the form" : found.missed());
  }
}
