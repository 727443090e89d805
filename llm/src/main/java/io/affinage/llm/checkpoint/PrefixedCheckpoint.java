package io.affinage.llm.checkpoint;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A checkpoint of a model's base alone, whose names leave out the prefix that a whole model's have:
 * {@code h.0.ln_1.weight} is found as {@code transformer.h.0.ln_1.weight}. Entries keep the name
 * that their file has.
 */
public final class PrefixedCheckpoint implements Checkpoint {
  private final Checkpoint bare;
  private final Map<String, String> stored = new TreeMap<>();

  /**
   * @param prefix what names are to begin with, its dot included
   * @param outside names that have no prefix in a whole model either: those of the head
   */
  public PrefixedCheckpoint(Checkpoint bare, String prefix, Set<String> outside) {
    this.bare = bare;
    bare.names().forEach(name -> stored.put(outside.contains(name) ? name : prefix + name, name));
  }

  @Override
  public ModelMetadata config() {
    return bare.config();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(stored.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    return bare.entry(stored.getOrDefault(name, name));
  }

  @Override
  public List<Path> files() {
    return bare.files();
  }

  @Override
  public Optional<GgufTokenizer> tokenizer() {
    return bare.tokenizer();
  }

  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    return bare.bytes(entry, from, length);
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    bare.readRows(entry, firstRow, rows, destination);
  }
}
