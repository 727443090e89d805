package io.affinage.reward.scoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.reward.scoring.ifeval.Check;
import io.affinage.reward.scoring.ifeval.Instruction;
import io.affinage.reward.scoring.ifeval.Instructions;
import io.affinage.reward.scoring.ifeval.InvalidInstructionException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether the instructions of IFEval were followed: those of the candidate, else those of the
 * request, else those that the candidate's reference has as JSON.
 */
public final class FollowedInstructions implements Reward {
  /** Most instructions of one completion. */
  static final int MAX_INSTRUCTIONS = 50;

  private static final long STEPS_A_CHARACTER = 60;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How many followed instructions make a score. */
  public enum Counting {
    /** 1 when all were followed, else 0: IFEval's accuracy by prompt. */
    ALL,
    /** The share of those that were. */
    MEAN
  }

  private final List<Instruction> instructions;
  private final Counting counting;
  private final boolean loose;

  /**
   * @param instructions for candidates that bring none; null for none
   * @param loose whether one also counts as followed without the first line, the last line, both,
   *     or asterisks
   * @throws InvalidRewardException {@code unsupported_instruction}, {@code invalid_instruction}
   */
  public FollowedInstructions(List<Instruction> instructions, Counting counting, boolean loose) {
    this.instructions = instructions;
    this.counting = counting;
    this.loose = loose;
    if (instructions != null) {
      try {
        checks(instructions);
      } catch (InvalidInstructionException e) {
        throw new InvalidRewardException(e.code(), e.getMessage(), "reward.instructions");
      }
    }
  }

  @Override
  public Score scoreOne(Candidate candidate, Budget budget) {
    List<Instruction> wanted;
    List<Check> checks;
    try {
      wanted = wanted(candidate, budget);
      checks = checks(wanted);
    } catch (InvalidInstructionException e) {
      return new Score.Unscorable(e.code(), e.getMessage());
    } catch (InvalidRewardException e) {
      return new Score.Unscorable(e.code(), e.getMessage());
    }
    Set<String> variants = variants(candidate.completion(), budget);
    List<String> missed = new ArrayList<>();
    for (int i = 0; i < checks.size(); i++) {
      if (!isFollowed(checks.get(i), variants, budget)) {
        missed.add(wanted.get(i).id());
      }
    }
    int followed = checks.size() - missed.size();
    double value =
        counting == Counting.MEAN ? (double) followed / checks.size() : missed.isEmpty() ? 1 : 0;
    String detail = "%d of %d followed".formatted(followed, checks.size());
    return new Score.Value(
        value, missed.isEmpty() ? detail : detail + ", not " + String.join(", ", missed));
  }

  private static boolean isFollowed(Check check, Set<String> variants, Budget budget) {
    for (String variant : variants) {
      budget.spend(STEPS_A_CHARACTER * check.passes() * (variant.length() + 1L));
      if (!variant.isBlank() && check.isFollowed(variant)) {
        return true;
      }
    }
    return false;
  }

  private Set<String> variants(String completion, Budget budget) {
    if (!loose) {
      return Set.of(completion);
    }
    budget.spend(STEPS_A_CHARACTER * completion.length());
    int first = completion.indexOf('\n');
    int last = completion.lastIndexOf('\n');
    String withoutFirst = first < 0 ? "" : completion.substring(first + 1).strip();
    String withoutLast = last < 0 ? "" : completion.substring(0, last).strip();
    String withoutBoth = last <= first ? "" : completion.substring(first + 1, last).strip();
    Set<String> variants = new LinkedHashSet<>();
    for (String variant : List.of(completion, withoutFirst, withoutLast, withoutBoth)) {
      variants.add(variant);
      variants.add(variant.replace("*", ""));
    }
    return variants;
  }

  private List<Instruction> wanted(Candidate candidate, Budget budget) {
    if (candidate.instructions() != null) {
      return candidate.instructions();
    }
    if (instructions != null) {
      return instructions;
    }
    if (candidate.reference() == null) {
      throw new InvalidRewardException(
          "missing_instructions",
          "neither the reward, nor the item, nor its reference names instructions",
          null);
    }
    budget.spend(STEPS_A_CHARACTER * candidate.reference().length());
    try {
      return ReferencedInstructions.of(JSON.readTree(candidate.reference()));
    } catch (JsonProcessingException e) {
      throw new InvalidRewardException(
          "missing_instructions", "the reference is no JSON with instructions", null);
    }
  }

  private static List<Check> checks(List<Instruction> instructions) {
    if (instructions.isEmpty() || instructions.size() > MAX_INSTRUCTIONS) {
      throw new InvalidRewardException(
          "invalid_instruction",
          "1 to %d instructions are checked, not %d"
              .formatted(MAX_INSTRUCTIONS, instructions.size()),
          "reward.instructions");
    }
    return instructions.stream().map(Instructions::check).toList();
  }
}
