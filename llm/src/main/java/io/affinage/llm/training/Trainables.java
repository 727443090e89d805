package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.BlockWeights;
import io.affinage.llm.model.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The arrays that a run trains, each with a gradient accumulator of its shape, in one order: the
 * embedding, then the blocks from the first, then the final norm and an untied head.
 */
public final class Trainables implements AutoCloseable {
  private final BlockAdapter adapter;
  private final NDManager manager;
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<NDArray> gradients = new ArrayList<>();
  private final Map<Integer, Range> blocks = new TreeMap<>();
  private final int embedding;
  private final int norm;
  private final int head;

  /**
   * One trained array.
   *
   * @param name its key in files
   * @param array float32
   * @param decays whether weight decay applies (not to norms)
   */
  public record Parameter(String name, NDArray array, boolean decays) {}

  private record Range(int from, int to) {}

  private Trainables(Decoder decoder, LoraAdapter lora) {
    this.manager = decoder.manager().newSubManager();
    this.adapter = lora == null ? decoder.withoutAdapter() : lora;
    boolean full = lora == null;
    embedding = full ? add("model.embed_tokens.weight", decoder.embedding(), true) : -1;
    for (int block = 0; block < decoder.shape().layers(); block++) {
      int from = parameters.size();
      if (full) {
        List<NDArray> arrays = decoder.blocks().get(block).arrays();
        for (int i = 0; i < arrays.size(); i++) {
          add(BlockWeights.name(block, i), arrays.get(i), arrays.get(i).getShape().dimension() > 1);
        }
      }
      blocks.put(block, new Range(from, parameters.size()));
    }
    if (lora != null) {
      lora.forEachMatrix((key, array) -> add(key, array, true));
      int at = 0;
      for (int block = 0; block < decoder.shape().layers(); block++) {
        int count = lora.matrices(block).size();
        blocks.put(block, new Range(at, at + count));
        at += count;
      }
    }
    norm = full ? add("model.norm.weight", decoder.norm(), false) : -1;
    head = full && !decoder.shape().tiedHead() ? add("lm_head.weight", decoder.head(), true) : -1;
  }

  /** Trains the adapter alone; the decoder stays as it is. */
  public static Trainables of(Decoder decoder, LoraAdapter lora) {
    return new Trainables(decoder, lora);
  }

  /** Trains every weight of a float32 decoder. */
  public static Trainables allWeights(Decoder decoder) {
    return new Trainables(decoder, null);
  }

  private int add(String name, NDArray array, boolean decays) {
    array.setRequiresGradient(true);
    parameters.add(new Parameter(name, array, decays));
    gradients.add(manager.zeros(array.getShape()));
    return parameters.size() - 1;
  }

  public List<Parameter> parameters() {
    return List.copyOf(parameters);
  }

  /** The accumulated gradients, parallel to {@link #parameters()}. */
  public List<NDArray> gradients() {
    return List.copyOf(gradients);
  }

  /** Number of trained elements. */
  public long size() {
    return parameters.stream().mapToLong(parameter -> parameter.array().getShape().size()).sum();
  }

  BlockAdapter adapter() {
    return adapter;
  }

  /**
   * Accumulators of a block's trained arrays, in the order in which its kernel returns gradients.
   */
  List<NDArray> blockGradients(int block) {
    Range range = blocks.get(block);
    return gradients.subList(range.from, range.to);
  }

  boolean trainsEmbedding() {
    return embedding >= 0;
  }

  NDArray embeddingGradient() {
    return gradients.get(embedding);
  }

  /**
   * Accumulators of the final norm and the head, in kernel order: the tied head is the embedding.
   */
  List<NDArray> headGradients() {
    if (norm < 0) {
      return List.of();
    }
    return List.of(gradients.get(norm), gradients.get(head >= 0 ? head : embedding));
  }

  @Override
  public void close() {
    parameters.forEach(parameter -> parameter.array().setRequiresGradient(false));
    manager.close();
  }
}
