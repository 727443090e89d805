package io.affinage.trainer.engine;

/**
 * One use of a block of a model that is read from disk.
 *
 * @param layer of the block, from 0
 * @param layers of the model
 * @param backward whether it was on the way back
 * @param bytesRead for it
 * @param waiting seconds for the disk
 * @param dequantizing seconds
 * @param computing seconds
 */
public record EngineBlock(
    int layer,
    int layers,
    boolean backward,
    long bytesRead,
    double waiting,
    double dequantizing,
    double computing) {
  /** Blocks of its pass that are done with it. */
  public int done() {
    return backward ? layers - layer : layer + 1;
  }
}
