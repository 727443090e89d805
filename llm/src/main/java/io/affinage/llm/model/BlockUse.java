package io.affinage.llm.model;

/**
 * One use of a block whose weights were brought into memory for it.
 *
 * @param layer of the block
 * @param bytes read from its file for this use; 0 where it was in memory
 * @param reading seconds that reading them took, most of them while other blocks were computed with
 * @param waiting seconds that the use waited for them
 * @param dequantizing seconds in which the use's thread waited for its weights to be dequantized
 * @param using seconds from then until the weights were read no longer
 */
public record BlockUse(
    int layer, long bytes, double reading, double waiting, double dequantizing, double using) {}
