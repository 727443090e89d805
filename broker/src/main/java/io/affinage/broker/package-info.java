/**
 * One Apache Kafka broker (KRaft, broker and controller in one node) inside this JVM: for the local
 * stack and for tests. It listens on the loopback address only and has no security; production runs
 * on a real cluster.
 *
 * <p>{@link io.affinage.broker.EmbeddedBroker} is the broker, {@link
 * io.affinage.broker.BrokerProcess} the same as a process of its own, {@code
 * io.affinage.broker.testing} what tests use. Topics are never created by use: create them up
 * front.
 */
package io.affinage.broker;
