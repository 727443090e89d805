/**
 * The model library's front door: open a model, train an adapter or all weights, generate, save. No
 * Kafka, no Quarkus; usable alone.
 */
package io.affinage.llm;
