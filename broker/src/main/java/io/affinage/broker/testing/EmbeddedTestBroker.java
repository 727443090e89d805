package io.affinage.broker.testing;

import io.affinage.broker.EmbeddedBroker;

/** The broker in this JVM. */
record EmbeddedTestBroker(EmbeddedBroker broker) implements TestBroker {
  static EmbeddedTestBroker start() {
    return new EmbeddedTestBroker(EmbeddedBroker.startTemporary());
  }

  @Override
  public String bootstrapServers() {
    return broker.bootstrapServers();
  }

  @Override
  public void restart() {
    broker.restart();
  }

  @Override
  public boolean canRestart() {
    return true;
  }

  @Override
  public void close() {
    broker.close();
  }
}
