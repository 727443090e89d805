package io.affinage.reward.scoring.ifeval;

import static java.util.Map.entry;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** Every instruction that can be checked, by IFEval's name. */
public final class Instructions {
  private static final Map<String, Function<InstructionArguments, Check>> CHECKS =
      Map.ofEntries(
          entry("keywords:existence", Keywords::of),
          entry("keywords:frequency", KeywordFrequency::of),
          entry("keywords:forbidden_words", ForbiddenWords::of),
          entry("keywords:letter_frequency", LetterFrequency::of),
          entry("length_constraints:number_words", WordCount::of),
          entry("length_constraints:number_sentences", SentenceCount::of),
          entry("length_constraints:number_paragraphs", ParagraphCount::of),
          entry("length_constraints:nth_paragraph_first_word", FirstWord::of),
          entry("detectable_content:number_placeholders", Placeholders::of),
          entry("detectable_content:postscript", Postscript::of),
          entry("detectable_format:number_bullet_lists", Bullets::of),
          entry("detectable_format:constrained_response", ConstrainedResponse::of),
          entry("detectable_format:number_highlighted_sections", Highlights::of),
          entry("detectable_format:multiple_sections", Sections::of),
          entry("detectable_format:json_format", JsonFormat::of),
          entry("detectable_format:title", Title::of),
          entry("combination:two_responses", TwoResponses::of),
          entry("combination:repeat_prompt", RepeatedPrompt::of),
          entry("startend:end_checker", Ending::of),
          entry("startend:quotation", Quotation::of),
          entry("change_case:capital_word_frequency", CapitalWords::of),
          entry("punctuation:no_comma", NoComma::of));

  /** Those of IFEval that ask a model which language a text is in. */
  private static final Set<String> NEED_A_MODEL =
      Set.of(
          "language:response_language",
          "change_case:english_capital",
          "change_case:english_lowercase");

  private Instructions() {}

  /** The names of all. */
  public static Set<String> supported() {
    return new TreeSet<>(CHECKS.keySet());
  }

  /**
   * The check of an instruction.
   *
   * @throws InvalidInstructionException {@code unsupported_instruction}, {@code
   *     invalid_instruction}
   */
  public static Check check(Instruction instruction) {
    Function<InstructionArguments, Check> check = CHECKS.get(instruction.id());
    if (check == null) {
      throw new InvalidInstructionException(
          "unsupported_instruction",
          "%s%s; these can: %s"
              .formatted(
                  instruction.id(),
                  NEED_A_MODEL.contains(instruction.id())
                      ? " needs a model that tells languages, and cannot be checked here"
                      : " is no instruction that can be checked here",
                  String.join(", ", supported())));
    }
    InstructionArguments arguments = new InstructionArguments(instruction);
    Check made = check.apply(arguments);
    arguments.close();
    return made;
  }
}
