/**
 * Rows out of bytes: JSONL, JSON, CSV, Parquet and plain text, in one pass and in bounded memory. A
 * row that cannot be read is told with its place and reason, and reading goes on behind it.
 */
package io.affinage.dataset.reading;
