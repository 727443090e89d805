package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTree;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.RotaryTensors;
import java.util.Arrays;

/**
 * The prompts of a batch on the device, as the prefill kernel takes them: what prompts share at
 * their start is computed once, and one whose nodes are all those of earlier ones takes no part in
 * attention.
 *
 * @param tokens [nodes] int64; virtual ones below 0
 * @param embedded what the first block reads, [nodes, hidden]
 * @param depths position of each node [nodes] int64
 * @param rotary for the nodes, each by the length of its prompt
 * @param path [documents, longest] int64: the node at each position of the prompts that attention
 *     runs over, padded on the right
 * @param owner [nodes] int64: where in the flattened paths a node's attention output is read
 * @param slots [batch, longest] int64: the node of each slot of the cache, padded on the left
 * @param last [batch] int64: the node that ends each prompt
 */
record PromptTensors(
    NDArray tokens,
    NDArray embedded,
    NDArray depths,
    RotaryTensors rotary,
    NDArray path,
    NDArray owner,
    NDArray slots,
    NDArray last) {

  static PromptTensors of(NDManager scope, Decoder decoder, NDArray prompt, PrefixTree tree) {
    int longest = tree.longest();
    int[] owning = Arrays.stream(tree.owners()).map(at -> at / longest).distinct().toArray();
    int[] paths = new int[owning.length * longest];
    int[] shift = new int[tree.documents()];
    for (int i = 0; i < owning.length; i++) {
      System.arraycopy(tree.paths(), owning[i] * longest, paths, i * longest, longest);
      shift[owning[i]] = (owning[i] - i) * longest;
    }
    int[] owners = Arrays.stream(tree.owners()).map(at -> at - shift[at / longest]).toArray();
    int[] slots = new int[tree.documents() * longest];
    int[] last = new int[tree.documents()];
    for (int row = 0; row < last.length; row++) {
      int length = tree.lengths()[row];
      int end = (row + 1) * longest;
      System.arraycopy(tree.paths(), row * longest, slots, end - length, length);
      last[row] = tree.node(row, length - 1);
    }
    NDArray tokens = Decoder.indices(scope, tree.tokens());
    NDArray depths = Decoder.indices(scope, tree.depths());
    return new PromptTensors(
        tokens,
        decoder
            .kernels()
            .run(scope, "embed", tokens, depths, decoder.embedding(), decoder.positions(), prompt)
            .singletonOrThrow(),
        depths,
        RotaryTensors.of(scope, decoder, tree.textLengths()),
        Decoder.indices(scope, paths).reshape(new Shape(owning.length, longest)),
        Decoder.indices(scope, owners),
        Decoder.indices(scope, slots).reshape(new Shape(last.length, longest)),
        Decoder.indices(scope, last));
  }
}
