/** Asking the reward service for scores over Kafka, as evaluation and training do. */
package io.affinage.events.reward;
