package io.affinage.eval.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.eval.serving.ServingException;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/** Reads the fields of a request body and refuses what is wrong by name. */
record Fields(JsonNode body) {

  static Fields of(JsonNode body) {
    if (body == null || !body.isObject()) {
      throw invalid("invalid_json", "send the request as a JSON object", null);
    }
    return new Fields(body);
  }

  /** As the other, for an object inside of a body. */
  static Fields of(JsonNode object, String at) {
    if (!object.isObject()) {
      throw invalid("invalid_type", at + " must be an object", at);
    }
    return new Fields(object);
  }

  static ServingException invalid(String code, String message, String param) {
    return new ServingException(ServingException.Kind.INVALID, code, message, param, null);
  }

  /** Refuses fields that are none of these, as OpenAI does. */
  void allowOnly(Collection<String> known) {
    allowOnly(known, "");
  }

  /** As the other, for an object at a place of the body. */
  void allowOnly(Collection<String> known, String place) {
    Iterator<String> names = body.fieldNames();
    while (names.hasNext()) {
      String name = names.next();
      if (!known.contains(name)) {
        throw invalid(
            "unknown_parameter",
            "Unrecognized request argument supplied: " + place + name,
            place + name);
      }
    }
  }

  /** Refuses a field unless its value means what happens anyway. */
  void refuse(String name, Predicate<JsonNode> asUsual) {
    JsonNode value = body.path(name);
    if (!absent(value) && !asUsual.test(value)) {
      throw invalid("unsupported_parameter", "'" + name + "' is not supported here", name);
    }
  }

  String text(String name) {
    JsonNode value = body.path(name);
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw invalid("missing_required_parameter", "'" + name + "' must be a text", name);
    }
    return value.textValue();
  }

  boolean flag(String name, boolean otherwise) {
    JsonNode value = body.path(name);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw invalid("invalid_type", "'" + name + "' must be true or false", name);
    }
    return value.booleanValue();
  }

  double number(String name, double low, double high, double otherwise) {
    JsonNode value = body.path(name);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isNumber() || !(value.doubleValue() >= low && value.doubleValue() <= high)) {
      throw invalid(
          "invalid_value", "'%s' must be a number from %s to %s".formatted(name, low, high), name);
    }
    return value.doubleValue();
  }

  Optional<Long> integer(String name, long low, long high) {
    JsonNode value = body.path(name);
    if (absent(value)) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < low
        || value.longValue() > high) {
      throw invalid(
          "invalid_value",
          "'%s' must be a whole number from %d to %d".formatted(name, low, high),
          name);
    }
    return Optional.of(value.longValue());
  }

  /** A text or a list of texts. */
  List<String> texts(String name, int most) {
    JsonNode value = body.path(name);
    if (absent(value)) {
      return List.of();
    }
    List<JsonNode> values =
        value.isArray()
            ? StreamSupport.stream(value.spliterator(), false).toList()
            : List.of(value);
    if (values.size() > most || values.stream().anyMatch(v -> !v.isTextual())) {
      throw invalid(
          "invalid_value", "'%s' must be a text or up to %d texts".formatted(name, most), name);
    }
    return values.stream().map(JsonNode::textValue).toList();
  }

  static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
