package io.affinage.dataset.layout;

import io.affinage.dataset.reading.FaultReason;
import java.util.Locale;

/**
 * What was done to a row beyond reading it, or found in it, and is counted by rows. The lower-case
 * name is the stable code that users meet.
 */
public enum RowNote {
  /** Turns of one role behind each other became one, with a blank line between them. */
  TURNS_MERGED(FaultReason.ROLES_OUT_OF_ORDER),
  /** A chat that the assistant begins; kept. */
  ASSISTANT_FIRST(FaultReason.ROLES_OUT_OF_ORDER),
  /** A system turn behind others; kept. */
  SYSTEM_TURN_LATER(FaultReason.ROLES_OUT_OF_ORDER),
  /** What comes behind the last answer was cut off. */
  TRAILING_TURNS_CUT(FaultReason.LAST_TURN_NOT_ASSISTANT),
  /** A system turn without text was left out. */
  EMPTY_SYSTEM_LEFT_OUT(FaultReason.EMPTY_CONTENT),
  /** A number or boolean became its JSON text. */
  VALUE_AS_TEXT(null),
  /** Text of a tool's result that was given as JSON. */
  RESULT_AS_TEXT(null),
  /** Tools given as text or without OpenAI's wrapping were read into OpenAI's form. */
  TOOLS_CONVERTED(null),
  /** Calls in ShareGPT's, Hermes' or OpenAI's older form were read into OpenAI's form. */
  CALLS_CONVERTED(null),
  /** The text that explains tools and their calls in a Hermes-style system turn was left out. */
  TOOL_TEXT_LEFT_OUT(null),
  /** The prompt is what both answers of a preference pair start with. */
  PROMPT_FROM_ANSWERS(null),
  /** The row has functions that the assistant may call. */
  WITH_TOOLS(null),
  /** Some turn has {@code reasoning_content}. */
  WITH_REASONING(null),
  /** Some turn of the assistant has the weight 0. */
  WITH_WEIGHTS(null),
  /** Earlier turns came from the column {@code history}. */
  WITH_HISTORY(null),
  /** Left out of the dataset, which keeps desirable answers only. */
  UNDESIRABLE_LEFT_OUT(null),
  /** The rejected answer was left out: the dataset keeps chosen ones only. */
  REJECTED_LEFT_OUT(null);

  private final String code = name().toLowerCase(Locale.ROOT);
  private final FaultReason whenStrict;

  /**
   * @param whenStrict why a strict dataset refuses the row; null where it does not
   */
  RowNote(FaultReason whenStrict) {
    this.whenStrict = whenStrict;
  }

  /** The stable snake-case code. */
  public String code() {
    return code;
  }

  FaultReason whenStrict() {
    return whenStrict;
  }
}
