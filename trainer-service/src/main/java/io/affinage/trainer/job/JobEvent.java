package io.affinage.trainer.job;

import java.util.Map;

/**
 * One line of a job's story, for people.
 *
 * @param id of the event it was told by
 * @param createdAt milliseconds since 1970
 * @param level {@code info}, {@code warn} or {@code error}
 * @param metrics the numbers of a progress event; null for a plain message
 */
public record JobEvent(
    String id, long createdAt, String level, String message, Map<String, Object> metrics) {}
