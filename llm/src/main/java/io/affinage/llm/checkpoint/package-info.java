/**
 * Model weights in files: safetensors (single or sharded) and GGUF, read through one interface,
 * {@link io.affinage.llm.checkpoint.Checkpoint}, without copying; and safetensors written.
 *
 * <p>Files are memory-mapped once. Everything a header claims is checked against the file before it
 * is believed: sizes, offsets, overlaps, names. Memory used while opening is bounded by a small
 * multiple of the header's size.
 */
package io.affinage.llm.checkpoint;
