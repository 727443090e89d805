/**
 * The model library's front door: a model with its text side, opened or made anew. No Kafka, no
 * Quarkus; usable alone.
 */
package io.affinage.llm;
