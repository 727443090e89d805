package io.affinage.events.spec;

import io.affinage.events.ErrorDetail;
import java.util.List;
import java.util.stream.Collectors;

/** A specification that is refused, with every reason. */
public final class InvalidSpecException extends Exception {
  /** The stable code of a training's. */
  public static final String CODE = "invalid_training_spec";

  private static final long serialVersionUID = 1L;
  private final transient List<ErrorDetail> problems;

  public InvalidSpecException(List<ErrorDetail> problems) {
    super(problems.stream().map(ErrorDetail::message).collect(Collectors.joining("; ")));
    this.problems = List.copyOf(problems);
  }

  /** Every problem found, in the order of the specification's fields. */
  public List<ErrorDetail> problems() {
    return problems;
  }

  /** All problems as one error; the field is named when there is one. */
  public ErrorDetail detail() {
    return new ErrorDetail(
        CODE, getMessage(), problems.size() == 1 ? problems.get(0).param() : null);
  }
}
