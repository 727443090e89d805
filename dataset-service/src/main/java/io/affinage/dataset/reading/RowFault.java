package io.affinage.dataset.reading;

/**
 * What is wrong with a row.
 *
 * @param detail for people: what exactly, and where in the row
 */
public record RowFault(FaultReason reason, String detail) {}
