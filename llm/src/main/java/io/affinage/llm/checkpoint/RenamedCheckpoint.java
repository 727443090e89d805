package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.quantization.BlockScales;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A checkpoint by other names than its files have: those of a model's base alone leave out the
 * prefix that a whole model's have, those of a model with images say where the text model is.
 * Entries keep the name that their file has.
 */
public final class RenamedCheckpoint implements Checkpoint {
  private final Checkpoint files;
  private final Map<String, String> stored = new TreeMap<>();

  /**
   * @param names gives a stored name's other one; empty for a tensor that is not to be found
   * @throws LlmException {@code checkpoint_index_invalid} where two tensors get the same name
   */
  public RenamedCheckpoint(Checkpoint files, Function<String, Optional<String>> names) {
    this.files = files;
    for (String name : files.names()) {
      names
          .apply(name)
          .ifPresent(
              other -> {
                String first = stored.put(other, name);
                if (first != null) {
                  throw new LlmException(
                      "checkpoint_index_invalid",
                      "%s: both %s and %s are %s"
                          .formatted(files.files().get(0), first, name, other));
                }
              });
    }
  }

  @Override
  public ModelMetadata config() {
    return files.config();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(stored.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    String inFiles = stored.get(name);
    if (inFiles == null) {
      throw new LlmException(
          "checkpoint_tensor_missing", "%s has no tensor %s".formatted(files.files().get(0), name));
    }
    return files.entry(inFiles);
  }

  @Override
  public List<Path> files() {
    return files.files();
  }

  @Override
  public Optional<GgufTokenizer> tokenizer() {
    return files.tokenizer();
  }

  @Override
  public BlockScales scales(TensorEntry entry) {
    return files.scales(entry);
  }

  @Override
  public boolean nestedScales(TensorEntry entry) {
    return files.nestedScales(entry);
  }

  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    return files.bytes(entry, from, length);
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    files.readRows(entry, firstRow, rows, destination);
  }
}
