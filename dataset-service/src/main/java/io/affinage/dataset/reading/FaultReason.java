package io.affinage.dataset.reading;

import java.util.Locale;

/** Why a row went to quarantine. The lower-case name is the stable code that users meet. */
public enum FaultReason {
  /** Not well-formed JSON. */
  INVALID_JSON,
  /** Bytes that are not UTF-8. */
  INVALID_UTF8,
  /** Text with an unpaired surrogate, which no encoding can carry. */
  INVALID_UNICODE,
  /** A JSON object names a key twice. */
  DUPLICATE_KEY,
  /** A row that is an array, a string, a number or null. */
  NOT_AN_OBJECT,
  /** A blank line, or a row without any value. */
  EMPTY_ROW,
  /** Larger than the configured limit for one row. */
  ROW_TOO_LARGE,
  /** A CSV record with more or fewer fields than the header. */
  WRONG_FIELD_COUNT,
  /** A CSV field goes on after its closing quote. */
  INVALID_CSV_QUOTING,
  /** A column that the layout needs is absent or null. */
  MISSING_FIELD,
  /** A row has a value of its own in a column that a constant gives to every row. */
  COLUMN_IS_CONSTANT,
  /** A value that must be text is an object, a list or something else that is not written so. */
  NOT_TEXT,
  /** Nothing to answer. */
  EMPTY_PROMPT,
  /** Nothing to learn. */
  EMPTY_COMPLETION,
  /** A document without a character that is not white space. */
  EMPTY_TEXT,
  /** A turn of a chat without content. */
  EMPTY_CONTENT,
  /** A chat that is not a list of turns, or has none. */
  NO_MESSAGES,
  /** A role other than system, user, assistant and tool. */
  UNKNOWN_ROLE,
  /** Turns that cannot be put into an order: who speaks, to whom. */
  ROLES_OUT_OF_ORDER,
  /** A chat in which the assistant says nothing. */
  NO_ASSISTANT_TURN,
  /** A chat that ends with another turn than the assistant's. */
  LAST_TURN_NOT_ASSISTANT,
  /** Content parts other than text, for example an image. */
  UNSUPPORTED_CONTENT,
  /** Functions to call that are no list of named functions. */
  INVALID_TOOLS,
  /** A call that names no function, or whose arguments are no JSON object. */
  INVALID_TOOL_CALL,
  /** A chat goes on behind a call that nothing answers. */
  TOOL_CALL_WITHOUT_RESULT,
  /** A result that answers no call. */
  TOOL_RESULT_WITHOUT_CALL,
  /** Earlier turns that are no list of questions with answers. */
  INVALID_HISTORY,
  /** A weight of a turn other than 0 and 1. */
  UNSUPPORTED_WEIGHT,
  /** Every answer has the weight 0. */
  NOTHING_TO_LEARN,
  /** Whether an answer is desirable is said neither by true nor by false. */
  INVALID_LABEL,
  /** By how much a chosen answer is better is no number of 0 or more. */
  INVALID_MARGIN,
  /** A preference row has a prompt beside whole chats that do not hold it. */
  PROMPT_NOT_IN_ANSWERS,
  /** The chosen answer equals the rejected one. */
  IDENTICAL_ANSWERS,
  /** A preference row has no prompt of its own and its answers have no common start. */
  NO_COMMON_PROMPT;

  private final String code = name().toLowerCase(Locale.ROOT);

  /** The stable snake-case code. */
  public String code() {
    return code;
  }
}
