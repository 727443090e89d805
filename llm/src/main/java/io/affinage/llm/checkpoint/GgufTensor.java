package io.affinage.llm.checkpoint;

/**
 * A tensor as a GGUF file lists it.
 *
 * @param name ggml's name, such as {@code blk.0.attn_q.weight}
 * @param shape row-major, outermost dimension first: the reverse of the order in the file
 * @param type how values are stored
 * @param offset first byte, counted from the start of the file
 * @param byteLength bytes the tensor takes
 */
record GgufTensor(String name, long[] shape, StorageType type, long offset, long byteLength) {}
