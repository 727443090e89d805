package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Weights in one or several safetensors files, with {@code config.json} beside them. */
final class SafetensorsCheckpoint implements Checkpoint {

  private final Path folder;
  private final List<Path> files;
  private final TreeMap<String, TensorEntry> entries = new TreeMap<>();
  private final Map<Path, TensorReader> readers = new HashMap<>();
  private final Map<String, String> texts;

  private SafetensorsCheckpoint(Path folder, List<SafetensorsFile> shards) {
    this.folder = folder;
    this.files = shards.stream().map(shard -> shard.mapped().path()).toList();
    this.texts =
        shards.size() == 1
            ? Collections.unmodifiableMap(shards.get(0).metadata())
            : Collections.emptyMap();
    for (SafetensorsFile shard : shards) {
      readers.put(shard.mapped().path(), new TensorReader(shard.mapped()));
      shard
          .entries()
          .forEach(
              (name, entry) -> {
                TensorEntry other = entries.put(name, entry);
                if (other != null) {
                  throw new LlmException(
                      "checkpoint_index_invalid",
                      "tensor %s is in both %s and %s".formatted(name, other.file(), entry.file()));
                }
              });
    }
  }

  static SafetensorsCheckpoint of(SafetensorsFile file) {
    return new SafetensorsCheckpoint(
        file.mapped().path().toAbsolutePath().getParent(), List.of(file));
  }

  static SafetensorsCheckpoint single(Path file) {
    return of(SafetensorsFile.open(file));
  }

  static SafetensorsCheckpoint sharded(Path index) {
    Map<String, String> shardOf = SafetensorsIndex.read(index);
    Path folder = index.toAbsolutePath().getParent();
    List<SafetensorsFile> shards =
        shardOf.values().stream().distinct().sorted().map(name -> openShard(index, name)).toList();
    var checkpoint = new SafetensorsCheckpoint(folder, shards);
    shardOf.forEach(
        (name, shard) -> {
          TensorEntry entry = checkpoint.entries.get(name);
          if (entry == null || !entry.file().getFileName().toString().equals(shard)) {
            throw new LlmException(
                "checkpoint_index_invalid",
                "%s says that tensor %s is in %s, but it is not".formatted(index, name, shard));
          }
        });
    for (TensorEntry entry : checkpoint.entries.values()) {
      if (!shardOf.containsKey(entry.name())) {
        throw new LlmException(
            "checkpoint_index_invalid",
            "%s does not list tensor %s of %s"
                .formatted(index, entry.name(), entry.file().getFileName()));
      }
    }
    return checkpoint;
  }

  private static SafetensorsFile openShard(Path index, String name) {
    Path shard = index.resolveSibling(name);
    if (!Files.exists(shard)) {
      throw new LlmException(
          "checkpoint_shard_missing",
          "%s names the file %s, which is not beside it: fetch it".formatted(index, name));
    }
    return SafetensorsFile.open(shard);
  }

  @Override
  public ModelMetadata config() {
    Path file = folder.resolve("config.json");
    if (!Files.exists(file)) {
      throw new LlmException(
          "config_missing", "%s does not exist: a model folder needs it".formatted(file));
    }
    return new ModelMetadata(file.toString(), StrictJson.object(file, "config_invalid"));
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
          "checkpoint_tensor_missing",
          "%s has no tensor %s".formatted(files.size() == 1 ? files.get(0) : folder, name));
    }
    return entry;
  }

  @Override
  public Map<String, String> texts() {
    return texts;
  }

  @Override
  public List<Path> files() {
    return files;
  }

  @Override
  public Optional<GgufTokenizer> tokenizer() {
    return Optional.empty();
  }

  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    return reader(entry).bytes(entry, from, length);
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    reader(entry).readRows(entry, firstRow, rows, destination);
  }

  private TensorReader reader(TensorEntry entry) {
    TensorReader reader = readers.get(entry.file());
    if (reader == null) {
      throw new IllegalArgumentException(entry + " is not of this checkpoint");
    }
    return reader;
  }
}
