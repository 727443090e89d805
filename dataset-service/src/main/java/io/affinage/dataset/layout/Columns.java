package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;

/** Typed access to a row's columns; every failure names the column. */
final class Columns {
  private Columns() {}

  static boolean present(ObjectNode fields, String column) {
    JsonNode value = fields.get(column);
    return value != null && !value.isNull();
  }

  static JsonNode required(ObjectNode fields, String column) throws BadRow {
    JsonNode value = fields.get(column);
    if (value == null || value.isNull()) {
      throw new BadRow(FaultReason.MISSING_FIELD, "the column " + column + " is missing");
    }
    return value;
  }

  static String requiredText(ObjectNode fields, String column, FaultReason whenBlank)
      throws BadRow {
    String text = text(required(fields, column), column);
    if (text.isBlank()) {
      throw new BadRow(whenBlank, column + " is blank");
    }
    return text;
  }

  /** The text, or null where it is absent or blank. */
  static String optionalText(ObjectNode fields, String column) throws BadRow {
    if (!present(fields, column)) {
      return null;
    }
    String text = text(fields.get(column), column);
    return text.isBlank() ? null : text;
  }

  static String text(JsonNode value, String where) throws BadRow {
    if (!value.isTextual()) {
      String found = value.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
      throw new BadRow(FaultReason.NOT_TEXT, where + " must be text, found " + found);
    }
    String text = value.textValue();
    if (!encodable(text)) {
      throw new BadRow(FaultReason.INVALID_UNICODE, where + " has half of a surrogate pair");
    }
    return text;
  }

  private static boolean encodable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isLowSurrogate(c)
          || i + 1 == text.length()
          || !Character.isLowSurrogate(text.charAt(++i))) {
        return false;
      }
    }
    return true;
  }
}
