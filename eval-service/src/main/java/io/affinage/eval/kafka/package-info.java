/** Kafka at the edge: the views of the topics, the evaluation log, scoring by reward events. */
package io.affinage.eval.kafka;
