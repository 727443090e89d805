package io.affinage.events;

/**
 * Something that did not stop a job and that its owner should know of.
 *
 * @param code stable, snake case, for programs: {@code rows_left_out}, {@code loss_rising}
 * @param message for people: what, how much, and what to do about it
 */
public record Warning(String code, String message) {}
