package io.affinage.trainer.job;

import io.affinage.events.ErrorDetail;

/** An attempt that its worker gave back, for it could not do it. */
public record GivenBack(int attempt, String workerId, ErrorDetail why) {}
