package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One row while a layout reads it: typed access to its columns, every failure naming the column,
 * and a record of what was read, what was not, and what was done on the way.
 */
final class LayoutRow {
  /** More names than this in one row are told as one. */
  private static final int MAX_UNREAD = 200;

  private static final String OTHERS = "(others)";

  private final ObjectNode fields;
  private final boolean strict;
  private final List<String> read = new ArrayList<>(6);
  private List<String> unread = List.of();
  private EnumSet<RowNote> notes;

  LayoutRow(ObjectNode fields, boolean strict) {
    this.fields = fields;
    this.strict = strict;
  }

  /** Whether the column has a value other than null. Does not count as reading it. */
  boolean has(String column) {
    JsonNode value = fields.get(column);
    return value != null && !value.isNull();
  }

  /** Whether the column says anything: more than null, blank text or an empty list. */
  boolean holds(String column) {
    return holds(fields.path(column));
  }

  static boolean holds(JsonNode value) {
    return value.isContainerNode()
        ? !value.isEmpty()
        : value.isTextual() ? !value.textValue().isBlank() : value.isValueNode() && !value.isNull();
  }

  /** Whether the row looks like the layout. */
  boolean fits(RowLayout layout) {
    return layout.matches(fields);
  }

  /** Whether the column holds turns rather than text. Does not count as reading it. */
  boolean isTurns(String column) {
    return has(column) && Turns.isList(fields.get(column));
  }

  /** The value of the column, or null where it is absent or null. */
  JsonNode optional(String column) {
    read.add(column);
    JsonNode value = fields.get(column);
    return value == null || value.isNull() ? null : value;
  }

  JsonNode required(String column) throws BadRow {
    JsonNode value = optional(column);
    if (value == null) {
      throw new BadRow(FaultReason.MISSING_FIELD, "the column " + column + " is missing");
    }
    return value;
  }

  String requiredText(String column, FaultReason whenBlank) throws BadRow {
    return nonBlank(text(required(column), column), column, whenBlank);
  }

  /** The text, or null where it is absent or blank. */
  String optionalText(String column) throws BadRow {
    JsonNode value = optional(column);
    if (value == null) {
      return null;
    }
    String text = text(value, column);
    return text.isBlank() ? null : text;
  }

  static String nonBlank(String text, String where, FaultReason whenBlank) throws BadRow {
    if (text.isBlank()) {
      throw new BadRow(whenBlank, where + " is blank");
    }
    return text;
  }

  /** The text of the value; numbers and booleans as JSON writes them. */
  String text(JsonNode value, String where) throws BadRow {
    if (!value.isTextual()) {
      if (value.isBoolean() || Json.finite(value)) {
        note(RowNote.VALUE_AS_TEXT, where);
        return value.asText();
      }
      String found =
          value.isNumber()
              ? "a number beyond its range or none"
              : value.getNodeType().name().toLowerCase(Locale.ROOT);
      throw new BadRow(FaultReason.NOT_TEXT, where + " must be text, found " + found);
    }
    String text = value.textValue();
    if (!Json.encodable(text)) {
      throw new BadRow(FaultReason.INVALID_UNICODE, where + " has half of a surrogate pair");
    }
    return text;
  }

  /**
   * Counts what was done to the row.
   *
   * @param where for people, should a strict dataset refuse it
   */
  void note(RowNote note, String where) throws BadRow {
    if (strict && note.whenStrict() != null) {
      throw new BadRow(
          note.whenStrict(),
          where + ": without strict it would be put right (" + note.code().replace('_', ' ') + ")");
    }
    if (notes == null) {
      notes = EnumSet.of(note);
    } else {
      notes.add(note);
    }
  }

  /** Counts a column, or a key inside one, that has a value and is not read. */
  void unread(String name) {
    if (unread.isEmpty()) {
      unread = new ArrayList<>(4);
    }
    if (unread.size() > MAX_UNREAD || unread.contains(name)) {
      return;
    }
    unread.add(unread.size() < MAX_UNREAD ? name : OTHERS);
  }

  Set<RowNote> notes() {
    return notes == null ? Set.of() : notes;
  }

  /** Columns and keys with a value that were not read; call once, at the end. */
  List<String> unread() {
    for (Map.Entry<String, JsonNode> column : fields.properties()) {
      if (holds(column.getValue()) && !read.contains(column.getKey())) {
        unread(column.getKey());
      }
    }
    return unread;
  }
}
