package io.affinage.broker;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/**
 * The configuration of a single small node that is broker and controller.
 *
 * @param controllerPort may differ at every start: the static quorum names this node only
 * @param overrides replace anything set here
 */
record BrokerProperties(Path folder, int port, int controllerPort, Map<String, String> overrides) {
  static final int NODE_ID = 1;
  static final String CONTROLLER_LISTENER = "CONTROLLER";

  Properties asProperties() {
    Properties properties = new Properties();
    String host = LoopbackPort.HOST;
    properties.setProperty("process.roles", "broker,controller");
    properties.setProperty("node.id", Integer.toString(NODE_ID));
    properties.setProperty(
        "listeners",
        "PLAINTEXT://%s:%d,CONTROLLER://%s:%d".formatted(host, port, host, controllerPort));
    properties.setProperty("advertised.listeners", "PLAINTEXT://%s:%d".formatted(host, port));
    properties.setProperty(
        "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    properties.setProperty("inter.broker.listener.name", "PLAINTEXT");
    properties.setProperty("controller.listener.names", CONTROLLER_LISTENER);
    properties.setProperty(
        "controller.quorum.voters", "%d@%s:%d".formatted(NODE_ID, host, controllerPort));
    properties.setProperty("log.dirs", folder.toString());
    // A misspelt topic shall fail, not come into being with the wrong retention.
    properties.setProperty("auto.create.topics.enable", "false");

    // One node: nothing can be replicated.
    for (String topic : new String[] {"offsets.topic", "transaction.state.log"}) {
      properties.setProperty(topic + ".replication.factor", "1");
      properties.setProperty(topic + ".num.partitions", "4");
    }
    properties.setProperty("transaction.state.log.min.isr", "1");
    // How often transactions are looked for whose producer died: until then readers of committed
    // records see nothing newer. Ten seconds by default.
    properties.setProperty("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");
    properties.setProperty("share.coordinator.state.topic.replication.factor", "1");
    properties.setProperty("share.coordinator.state.topic.min.isr", "1");
    properties.setProperty("share.coordinator.state.topic.num.partitions", "2");
    properties.setProperty("group.initial.rebalance.delay.ms", "0");

    // Small: a laptop runs this beside four services.
    properties.setProperty("log.cleaner.dedupe.buffer.size", "4194304");
    properties.setProperty("log.cleaner.threads", "1");
    properties.setProperty("num.network.threads", "2");
    properties.setProperty("num.io.threads", "2");
    properties.setProperty("num.recovery.threads.per.data.dir", "1");
    properties.setProperty("background.threads", "2");
    properties.setProperty("log.index.size.max.bytes", "1048576");
    properties.setProperty("offsets.topic.segment.bytes", "16777216");
    properties.setProperty("transaction.state.log.segment.bytes", "16777216");
    properties.putAll(overrides);
    return properties;
  }
}
