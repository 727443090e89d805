/** Kafka at the edge: the view of the topics, the job log, the request channel. */
package io.affinage.trainer.kafka;
