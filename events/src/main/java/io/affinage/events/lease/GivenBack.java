package io.affinage.events.lease;

import io.affinage.events.ErrorDetail;
import java.util.List;
import java.util.stream.Collectors;

/** An attempt that its worker gave back, for it could not do it and another may. */
public record GivenBack(int attempt, String workerId, ErrorDetail why) {

  /**
   * Why a job ends that was given back too often: the last reason, and all attempts.
   *
   * @param all at least one, in their order
   */
  public static ErrorDetail exhausted(List<GivenBack> all) {
    ErrorDetail last = all.get(all.size() - 1).why();
    return new ErrorDetail(
        last.code(),
        "%s (given back by %d attempts: %s)"
            .formatted(
                last.message(),
                all.size(),
                all.stream()
                    .map(
                        each ->
                            "%d by %s, %s"
                                .formatted(each.attempt(), each.workerId(), each.why().code()))
                    .collect(Collectors.joining("; "))),
        last.param());
  }
}
