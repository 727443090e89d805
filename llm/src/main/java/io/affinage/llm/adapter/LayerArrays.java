package io.affinage.llm.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.Decoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An adapter's arrays by layer, and which of them are trained. Holds native memory until closed.
 */
public final class LayerArrays implements AutoCloseable {
  private final NDManager manager;
  private final List<NDArray[]> layers = new ArrayList<>();
  private final List<AdapterParameter> parameters = new ArrayList<>();

  /**
   * Empty arrays.
   *
   * @param size how many kernels take for a layer
   */
  public LayerArrays(Decoder decoder, int size) {
    manager = decoder.manager().newSubManager();
    // A handle of its own: calls tell the lists of their arguments apart by a name on the handle.
    NDArray none = manager.create(new float[0], new Shape(0));
    for (int layer = 0; layer < decoder.shape().layers(); layer++) {
      NDArray[] arrays = new NDArray[size];
      Arrays.fill(arrays, none);
      layers.add(arrays);
    }
  }

  /**
   * Puts a trained array into its place. Arrays of a layer are added in the order of their places.
   *
   * @param index among the layer's arrays
   * @param values row-major
   */
  public void addTrained(
      int layer, int index, String key, AdapterParameter.Role role, float[] values, Shape shape) {
    // An array of given numbers stays in a direct buffer, of which a JVM allows no more than its
    // heap has. A copy lies in the engine's own memory.
    try (NDArray given = manager.create(values, shape)) {
      NDArray array = given.duplicate();
      layers.get(layer)[index] = array;
      parameters.add(new AdapterParameter(key, layer, array, role));
    }
  }

  /** Puts an array that is not trained into every layer. */
  public void putEverywhere(int index, NDArray array) {
    layers.forEach(arrays -> arrays[index] = array);
  }

  /** The arrays of a layer. */
  public List<NDArray> of(int layer) {
    return List.of(layers.get(layer));
  }

  public List<AdapterParameter> parameters() {
    return List.copyOf(parameters);
  }

  /** Owns the arrays. */
  public NDManager manager() {
    return manager;
  }

  @Override
  public void close() {
    manager.close();
  }
}
