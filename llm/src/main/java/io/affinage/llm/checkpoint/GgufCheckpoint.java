package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A model in one GGUF file. */
final class GgufCheckpoint implements Checkpoint {

  private final GgufFile file;
  private final ModelMetadata config;
  private final TreeMap<String, TensorEntry> entries = new TreeMap<>();
  private final Map<String, Float> more = new HashMap<>();
  private final TensorReader reader;

  GgufCheckpoint(GgufFile file) {
    this.file = file;
    Path path = file.path();
    this.reader = new TensorReader(file.mapped());
    var described = new GgufConfiguration(file);
    this.config = described.config();
    for (GgufTensor tensor : file.tensors()) {
      if (tensor.name().equals(GgufConfiguration.ROPE_FREQUENCIES)
          || GgufLongRope.isOf(tensor.name())) {
        continue; // said in the configuration
      }
      String name = described.name(tensor.name());
      if (described.more(tensor) != 0) {
        more.put(name, described.more(tensor));
      }
      entries.put(
          name,
          new TensorEntry(
              name,
              described.shape(tensor),
              tensor.type(),
              described.rowOrder(tensor),
              path,
              tensor.offset(),
              tensor.byteLength()));
    }
  }

  @Override
  public ModelMetadata config() {
    return config;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw new LlmException(
          "checkpoint_tensor_missing", "%s has no tensor %s".formatted(file.path(), name));
    }
    return entry;
  }

  @Override
  public List<Path> files() {
    return List.of(file.path());
  }

  @Override
  public Optional<GgufTokenizer> tokenizer() {
    return file.tokenizer();
  }

  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    return reader.bytes(entry, from, length);
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    int from = destination.position();
    reader.readRows(entry, firstRow, rows, destination);
    float difference = more.getOrDefault(entry.name(), 0f);
    if (difference != 0) {
      for (int i = from; i < destination.position(); i++) {
        destination.put(i, destination.get(i) - difference);
      }
    }
  }
}
