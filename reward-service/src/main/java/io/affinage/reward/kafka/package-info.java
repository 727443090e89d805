/** Scoring over Kafka: reward.requested in, reward.scored out, exactly once per request. */
package io.affinage.reward.kafka;
