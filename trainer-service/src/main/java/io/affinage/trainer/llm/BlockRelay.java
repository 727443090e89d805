package io.affinage.trainer.llm;

import io.affinage.llm.model.BlockObserver;
import io.affinage.llm.model.BlockUse;
import io.affinage.trainer.engine.EngineBlock;
import java.util.function.Consumer;

/**
 * Tells the domain of the blocks that are read from disk. A pass goes up through the layers or
 * down, where each may be used again; the last one used twice is where it turns.
 */
final class BlockRelay implements BlockObserver {
  private final int layers;
  private final Consumer<EngineBlock> domain;
  private int last = -1;
  private boolean backward;

  BlockRelay(int layers, Consumer<EngineBlock> domain) {
    this.layers = layers;
    this.domain = domain;
  }

  @Override
  public void used(BlockUse use) {
    boolean down;
    synchronized (this) {
      int layer = use.layer();
      boolean turns = layer == layers - 1 || (backward && layer > 0);
      backward = layer == last - 1 || (layer == last && turns);
      last = layer;
      down = backward;
    }
    domain.accept(
        new EngineBlock(
            use.layer(),
            layers,
            down,
            use.bytes(),
            use.waiting(),
            use.dequantizing(),
            use.using()));
  }
}
