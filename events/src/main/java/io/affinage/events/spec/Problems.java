package io.affinage.events.spec;

import io.affinage.events.ErrorDetail;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a specification, so that a user sees all of it at once. */
final class Problems {
  private final List<ErrorDetail> found = new ArrayList<>();

  void add(String param, String message) {
    found.add(new ErrorDetail(InvalidSpecException.CODE, param + " " + message, param));
  }

  Double within(String param, Double value, Double fallback, Range range) {
    if (value == null) {
      return fallback;
    }
    if (!range.contains(value)) {
      add(param, "is " + value + ", must be " + range);
      return fallback;
    }
    return value;
  }

  void absent(String param, Object value, String why) {
    if (value != null) {
      add(param, why);
    }
  }

  void throwIfAny() throws InvalidSpecException {
    if (!found.isEmpty()) {
      throw new InvalidSpecException(found);
    }
  }
}
