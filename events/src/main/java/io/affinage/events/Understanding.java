package io.affinage.events;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What follows from the fields of a request that are unknown here, and from values that are not of
 * their field's type. Our own programs write requests from records, so what is unknown in theirs
 * comes from a newer version; from anybody else it is misspelt or misplaced, and doing the rest
 * would not be what was asked for.
 */
public final class Understanding {
  /** The code of a field that is unknown in a producer's request. */
  public static final String UNKNOWN = "unknown_setting";

  /** The code of a value in a producer's request that is not of its field's type, or missing. */
  public static final String WRONG = "invalid_value";

  /** The code of a request of a newer version, where nobody else can be left to do it. */
  public static final String NEWER = "newer_setting";

  private static final Set<String> OURS =
      Set.of(
          "/affinage/cli",
          "/affinage/dataset-service",
          "/affinage/trainer-service",
          "/affinage/reward-service",
          "/affinage/eval-service");

  private Understanding() {}

  /** Why the request is refused, whoever reads it; empty for one that is not a producer's. */
  public static Optional<ErrorDetail> refusal(Event<?> request) {
    return isOurs(request) || request.unknown().isEmpty()
        ? Optional.empty()
        : detail(request.unknown().get(0).code(), request.unknown(), "");
  }

  /**
   * Why this version must leave the request, or the job whose specification was recorded, to
   * others: one of our own programs has written settings that it does not know, or values of other
   * types. What is new beside the settings changes nothing about them.
   */
  public static Optional<ErrorDetail> newer(Event<?> request) {
    if (!isOurs(request)) {
      return Optional.empty();
    }
    List<ErrorDetail> settings =
        request.unknown().stream()
            .filter(unknown -> unknown.code().equals(WRONG) || isOfASetting(unknown.param()))
            .toList();
    return detail(
        NEWER,
        settings,
        ", which a newer version has written (%s): upgrade this service"
            .formatted(request.metadata().source()));
  }

  /** As both, for those that cannot leave a request to others. */
  public static Optional<ErrorDetail> problem(Event<?> request) {
    return refusal(request).or(() -> newer(request));
  }

  private static boolean isOfASetting(@Nullable String param) {
    return param != null && param.contains(".");
  }

  private static boolean isOurs(Event<?> request) {
    return isOurs(request.metadata());
  }

  /** Whether one of our own programs has written it. */
  static boolean isOurs(EventMetadata metadata) {
    return OURS.contains(metadata.source());
  }

  private static Optional<ErrorDetail> detail(String code, List<ErrorDetail> unknown, String end) {
    return unknown.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ErrorDetail(
                code,
                unknown.stream().map(ErrorDetail::message).collect(Collectors.joining("; ")) + end,
                unknown.get(0).param()));
  }
}
