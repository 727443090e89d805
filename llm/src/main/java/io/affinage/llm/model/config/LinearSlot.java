package io.affinage.llm.model.config;

/**
 * The linear layers that a block may have, in the order in which kernels take them. A model that
 * stacks layers into one has the stack in the slot of its first.
 */
public enum LinearSlot {
  Q,
  K,
  V,
  O,
  GATE,
  UP,
  DOWN
}
