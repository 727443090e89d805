package io.affinage.events.lease;

import io.affinage.events.Event;
import java.time.Instant;

/**
 * One entry of the log and what became of it.
 *
 * @param event as it lies on the log
 * @param time that the broker gave it
 * @param before the job's state before it
 * @param after the job's state after it; the same object when the entry had no effect
 * @param verdict why it had an effect or none
 */
public record JobLogChange(
    String jobId, Event<?> event, Instant time, JobState before, JobState after, Verdict verdict) {}
