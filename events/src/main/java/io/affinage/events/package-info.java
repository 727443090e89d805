/**
 * The events that the services exchange: one record each, CloudEvents 1.0 in binary mode on Kafka.
 *
 * <p>Records here are the wire. Readers are tolerant: unknown fields are ignored, absent optional
 * fields are {@code null} or empty. A component is required unless it is {@code @Nullable} or has a
 * default; both sides refuse an event that lacks a required one. A released field never changes its
 * meaning; a change that old readers would misread gets a new event type beside the old one.
 *
 * <p>To send: {@link io.affinage.events.EventFactory} makes an {@link io.affinage.events.Event}
 * with a deterministic id, {@link io.affinage.events.Topic#record} puts it under the right key,
 * {@link io.affinage.events.EventSerializer} writes it. To receive: {@link
 * io.affinage.events.EventDeserializer} as a channel's {@code value.deserializer} (with {@code
 * fail-on-deserialization-failure=false}, so that poison goes to the dead-letter topic with the
 * message of its {@link io.affinage.events.EventException}), or {@link
 * io.affinage.events.EventCodec#decode(org.apache.kafka.clients.consumer.ConsumerRecord)} in a
 * plain consumer. {@link io.affinage.events.Topics} names every topic; {@link
 * io.affinage.events.TopicProvisioner} creates them; {@link io.affinage.events.KafkaDefaults} has
 * the client settings that all services share; {@link io.affinage.events.ContentIds} makes job and
 * evaluation ids.
 */
@NullMarked
package io.affinage.events;

import org.jspecify.annotations.NullMarked;
