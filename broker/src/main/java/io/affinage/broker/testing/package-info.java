/**
 * The broker that tests run against; modules use it in test scope only.
 *
 * <p>{@link io.affinage.broker.testing.TestBroker#start()} picks it by the system property {@code
 * affinage.test.broker}: {@code embedded} (default), {@code container} (Apache Kafka's image; needs
 * a Docker engine, and {@code org.testcontainers:testcontainers-kafka} in the module's test scope)
 * or {@code auto} (a container where there is an engine). A test class that carries
 *
 * <pre>{@code
 * @EnabledIf("io.affinage.broker.testing.TestBroker#isAvailable")
 * }</pre>
 *
 * is skipped, and says so, where a container is asked for and no engine is found. For
 * {@code @QuarkusTest} a service writes this adapter:
 *
 * <pre>{@code
 * public final class KafkaResource implements QuarkusTestResourceLifecycleManager {
 *   private TestBroker broker;
 *
 *   public Map<String, String> start() {
 *     broker = TestBroker.start();
 *     return broker.quarkusConfiguration();
 *   }
 *
 *   public void stop() {
 *     if (broker != null) {
 *       broker.close();
 *     }
 *   }
 * }
 * }</pre>
 */
package io.affinage.broker.testing;
