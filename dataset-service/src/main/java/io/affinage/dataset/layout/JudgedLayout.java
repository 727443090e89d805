package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import java.util.List;
import java.util.Locale;

/**
 * A row of another layout and {@code label}, whether its answer is desirable: unpaired preference.
 * LLaMA-Factory names the column {@code kto_tag}.
 */
final class JudgedLayout implements RowLayout {
  static final List<String> COLUMNS = List.of("label", "kto_tag");

  private final List<RowLayout> layouts;

  /**
   * @param layouts those that the rest of the row may have
   */
  JudgedLayout(List<RowLayout> layouts) {
    this.layouts = layouts;
  }

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.UNPAIRED_PREFERENCE;
  }

  @Override
  public String needs() {
    return "label (true or false) beside the columns of a chat, or of prompt and completion";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return judgement(fields.path("label")) != null || judgement(fields.path("kto_tag")) != null
        ? layouts.stream().anyMatch(layout -> layout.matches(fields))
        : false;
  }

  @Override
  public NormalRow normalise(LayoutRow row) throws BadRow {
    String column = row.has("label") || !row.has("kto_tag") ? "label" : "kto_tag";
    JsonNode value = row.required(column);
    Boolean desirable = judgement(value);
    if (desirable == null) {
      throw new BadRow(
          FaultReason.INVALID_LABEL,
          column
              + " must be true or false (or 1 or 0), is "
              + Turns.shortened(value.isValueNode() ? value.asText() : "a list or an object"));
    }
    RowLayout layout =
        layouts.stream()
            .filter(candidate -> row.fits(candidate))
            .findFirst()
            .orElseThrow(
                () ->
                    new BadRow(
                        FaultReason.MISSING_FIELD,
                        "beside " + column + " there is neither a chat nor prompt and completion"));
    NormalRow answer = layout.normalise(row);
    return new NormalRow(
        null,
        null,
        answer.prompt(),
        answer.completion(),
        answer.messages(),
        null,
        null,
        null,
        null,
        desirable,
        answer.tools(),
        null);
  }

  /** What the value says, in the spellings of JSON, of CSV files and of 1 and 0; null for none. */
  static Boolean judgement(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isNumber()) {
      double number = value.doubleValue();
      return number == 1 ? Boolean.TRUE : number == 0 ? Boolean.FALSE : null;
    }
    if (!value.isTextual()) {
      return null;
    }
    return switch (value.textValue().strip().toLowerCase(Locale.ROOT)) {
      case "true", "1" -> Boolean.TRUE;
      case "false", "0" -> Boolean.FALSE;
      default -> null;
    };
  }
}
