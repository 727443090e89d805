package io.affinage.dataset.ingest;

/**
 * A line of {@code quarantine.jsonl}.
 *
 * @param line line of the file where the row begins, from 1 (Parquet, inline: the row number)
 * @param row the row's number among all rows read, from 1
 * @param reason stable code
 * @param detail for people
 * @param raw the start of the row's text
 */
public record QuarantinedRow(long line, long row, String reason, String detail, String raw) {}
