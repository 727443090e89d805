/**
 * The events that the services exchange: one record each, CloudEvents 1.0 in binary mode on Kafka.
 *
 * <p>Records here are the wire. Readers are tolerant: unknown fields are ignored, absent optional
 * fields are {@code null} or empty. A released field never changes its meaning; a change that old
 * readers would misread gets a new event type beside the old one.
 */
package io.affinage.events;
