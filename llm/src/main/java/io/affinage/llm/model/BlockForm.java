package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.BlockArrays;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.FeedForwardForm.Gating;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Brings the weights of blocks into a {@link WeightForm} while they are loaded: the layers that
 * read the same input (q, k, v; gate, up) become one, and each is packed.
 */
final class BlockForm {
  private final DecoderConfig config;
  private final NDManager manager;
  private final Kernels kernels;
  private final WeightSource source;
  private final NDArray none;

  BlockForm(DecoderConfig config, NDManager manager, Kernels kernels, WeightSource source) {
    this.config = config;
    this.manager = manager;
    this.kernels = kernels;
    this.source = source;
    this.none = manager.create(new float[0], new Shape(0));
  }

  /** Whether layers that read the same input are stacked in this form of this configuration. */
  static boolean stacks(DecoderConfig config, WeightForm form) {
    return form.packed()
        && config.attention().packing() == Packing.SEPARATE
        && config.feedForward().gating() != Gating.NONE;
  }

  /** The arrays of a block whose names begin with {@code prefix}, as kernels take them. */
  List<NDArray> load(String prefix, WeightForm form) {
    NDArray[] arrays = new NDArray[BlockArrays.COUNT];
    Arrays.fill(arrays, none);
    List<List<LinearLayer>> groups = form.packed() ? groups(form) : List.of();
    try (NDManager scope = manager.newSubManager()) {
      for (List<LinearLayer> group : groups) {
        pack(prefix, form, group, arrays, scope);
      }
    }
    config.blockWeights().stream()
        .filter(weight -> groups.isEmpty() || !isLinear(weight.index()))
        .forEach(
            weight ->
                arrays[weight.index()] =
                    source.load(
                        prefix + weight.path(),
                        Decoder.shape(weight.rows(), weight.columns()),
                        weight.transposed()));
    return List.of(arrays);
  }

  private static boolean isLinear(int index) {
    return index < BlockArrays.FIRST_NORM;
  }

  private List<List<LinearLayer>> groups(WeightForm form) {
    if (!stacks(config, form)) {
      return config.linears().stream().map(List::of).toList();
    }
    List<List<LinearLayer>> groups = new ArrayList<>();
    groups.add(slots(LinearSlot.Q, LinearSlot.K, LinearSlot.V));
    groups.add(slots(LinearSlot.O));
    groups.add(slots(LinearSlot.GATE, LinearSlot.UP));
    groups.add(slots(LinearSlot.DOWN));
    groups.removeIf(List::isEmpty);
    return groups;
  }

  private List<LinearLayer> slots(LinearSlot... slots) {
    return config.linears().stream()
        .filter(layer -> Arrays.asList(slots).contains(layer.slot()))
        .toList();
  }

  private void pack(
      String prefix, WeightForm form, List<LinearLayer> group, NDArray[] arrays, NDManager scope) {
    LinearSlot slot = group.get(0).slot();
    List<String> names = group.stream().map(layer -> prefix + layer.path() + ".weight").toList();
    if (form == WeightForm.FOUR_BIT && names.stream().allMatch(source::isFourBit)) {
      List<NDArray> codes = new ArrayList<>();
      List<NDArray> scales = new ArrayList<>();
      for (int i = 0; i < group.size(); i++) {
        LinearLayer layer = group.get(i);
        NDList parts = source.loadFourBit(scope, names.get(i), new Shape(layer.out(), layer.in()));
        codes.add(parts.get(0));
        scales.add(parts.get(1));
      }
      NDList packed = kernels.run(manager, "pack_four_bit", codes, scales);
      arrays[BlockArrays.weight(slot)] = packed.get(0);
      arrays[BlockArrays.scales(slot)] = packed.get(1);
    } else {
      List<NDArray> weights = new ArrayList<>();
      for (int i = 0; i < group.size(); i++) {
        LinearLayer layer = group.get(i);
        weights.add(
            source.load(names.get(i), new Shape(layer.out(), layer.in()), layer.transposed()));
      }
      arrays[BlockArrays.weight(slot)] = kernels.run(manager, "pack", weights).singletonOrThrow();
      weights.forEach(NDArray::close);
    }
    List<NDArray> biases = new ArrayList<>();
    for (LinearLayer layer : group) {
      if (layer.bias()) {
        biases.add(source.load(prefix + layer.path() + ".bias", new Shape(layer.out()), false));
      }
    }
    if (!biases.isEmpty()) {
      if (biases.size() != group.size()) {
        throw new IllegalStateException("some of " + names + " have a bias, others none");
      }
      arrays[BlockArrays.bias(slot)] = kernels.run(manager, "stack", biases).singletonOrThrow();
      biases.forEach(NDArray::close);
    }
  }
}
