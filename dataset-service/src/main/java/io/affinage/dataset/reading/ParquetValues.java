package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.DatasetException;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.Type;

/** Parquet's records as JSON, with the format's rules for lists and maps (LogicalTypes.md). */
final class ParquetValues {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ParquetValues() {}

  static ObjectNode object(Group group, int depth) {
    if (depth == 0) {
      throw new DatasetException("invalid_parquet", "the Parquet schema is nested too deeply");
    }
    ObjectNode fields = JSON.objectNode();
    GroupType type = group.getType();
    for (int i = 0; i < type.getFieldCount(); i++) {
      fields.set(type.getFieldName(i), field(group, i, depth));
    }
    return fields;
  }

  private static JsonNode field(Group group, int field, int depth) {
    Type type = group.getType().getType(field);
    int count = group.getFieldRepetitionCount(field);
    if (type.isRepetition(Type.Repetition.REPEATED)) {
      ArrayNode values = JSON.arrayNode();
      for (int k = 0; k < count; k++) {
        values.add(value(group, field, k, depth));
      }
      return values;
    }
    return count == 0 ? JSON.nullNode() : value(group, field, 0, depth);
  }

  private static JsonNode value(Group group, int field, int index, int depth) {
    Type type = group.getType().getType(field);
    if (type.isPrimitive()) {
      return primitive(group, field, index);
    }
    Group inner = group.getGroup(field, index);
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    if (logical instanceof ListLogicalTypeAnnotation && oneRepeatedField(inner.getType())) {
      return list(inner, type.getName(), depth - 1);
    }
    if (logical instanceof MapLogicalTypeAnnotation && isMap(inner.getType())) {
      return map(inner, depth - 1);
    }
    return object(inner, depth - 1);
  }

  private static boolean oneRepeatedField(GroupType type) {
    return type.getFieldCount() == 1 && type.getType(0).isRepetition(Type.Repetition.REPEATED);
  }

  private static JsonNode list(Group group, String listName, int depth) {
    Type repeated = group.getType().getType(0);
    ArrayNode values = JSON.arrayNode();
    boolean wrapsElement =
        !repeated.isPrimitive()
            && repeated.asGroupType().getFieldCount() == 1
            && !repeated.getName().equals("array")
            && !repeated.getName().equals(listName + "_tuple");
    for (int k = 0; k < group.getFieldRepetitionCount(0); k++) {
      values.add(
          wrapsElement ? field(group.getGroup(0, k), 0, depth - 1) : value(group, 0, k, depth - 1));
    }
    return values;
  }

  private static boolean isMap(GroupType type) {
    return oneRepeatedField(type)
        && !type.getType(0).isPrimitive()
        && type.getType(0).asGroupType().getFieldCount() == 2
        && type.getType(0).asGroupType().getType(0).isPrimitive();
  }

  private static JsonNode map(Group group, int depth) {
    ObjectNode entries = JSON.objectNode();
    for (int k = 0; k < group.getFieldRepetitionCount(0); k++) {
      Group entry = group.getGroup(0, k);
      entries.set(entry.getValueToString(0, 0), field(entry, 1, depth - 1));
    }
    return entries;
  }

  private static JsonNode primitive(Group group, int field, int index) {
    var type = group.getType().getType(field).asPrimitiveType();
    return switch (type.getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(field, index));
      case INT32 -> JSON.numberNode(group.getInteger(field, index));
      case INT64 -> JSON.numberNode(group.getLong(field, index));
      case FLOAT -> JSON.numberNode(group.getFloat(field, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(field, index));
      case INT96, FIXED_LEN_BYTE_ARRAY -> binary(group, field, index);
      case BINARY ->
          textual(type.getLogicalTypeAnnotation())
              ? JSON.textNode(group.getString(field, index))
              : unannotated(group.getBinary(field, index).getBytes());
    };
  }

  private static boolean textual(LogicalTypeAnnotation logical) {
    return logical instanceof StringLogicalTypeAnnotation
        || logical instanceof EnumLogicalTypeAnnotation
        || logical instanceof JsonLogicalTypeAnnotation;
  }

  /** Old writers leave text without its annotation: take it as text when it is UTF-8. */
  private static JsonNode unannotated(byte[] bytes) {
    return Utf8.firstMalformed(bytes, 0, bytes.length) < 0
        ? JSON.textNode(new String(bytes, java.nio.charset.StandardCharsets.UTF_8))
        : JSON.binaryNode(bytes);
  }

  private static JsonNode binary(Group group, int field, int index) {
    return JSON.textNode(group.getValueToString(field, index));
  }
}
