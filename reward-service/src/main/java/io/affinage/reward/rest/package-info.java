/** Scoring over HTTP, for people and scripts that have no Kafka client. */
package io.affinage.reward.rest;
