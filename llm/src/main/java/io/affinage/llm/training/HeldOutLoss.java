package io.affinage.llm.training;

/** The loss of examples that no training sees, under the weights as they are. */
@FunctionalInterface
public interface HeldOutLoss {
  /** Mean -log p per target token, nats. */
  double measure();
}
