package io.affinage.llm.model;

import java.util.List;

/** All quantized weights in memory. */
record ResidentNf4(List<Nf4Block> blocks) implements Nf4Source {
  ResidentNf4 {
    blocks = List.copyOf(blocks);
  }

  @Override
  public int layers() {
    return blocks.size();
  }

  @Override
  public boolean streamed() {
    return false;
  }

  @Override
  public Nf4Block acquire(int layer) {
    return blocks.get(layer);
  }

  @Override
  public void release(int layer) {
    // They stay.
  }

  @Override
  public void close() {
    // The decoder's manager owns the arrays.
  }
}
