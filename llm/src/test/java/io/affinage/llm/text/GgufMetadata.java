package io.affinage.llm.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The metadata of a GGUF file, read for tests independently of the product's own reader. */
public final class GgufMetadata {
  private final ByteBuffer bytes;

  private GgufMetadata(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  public static GgufVocabulary vocabulary(Path file) throws IOException {
    Map<String, Object> all;
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer map = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      all = new GgufMetadata(map.order(ByteOrder.LITTLE_ENDIAN)).read();
    }
    return new GgufVocabulary(
        (String) all.get("tokenizer.ggml.model"),
        Optional.ofNullable((String) all.get("tokenizer.ggml.pre")),
        strings(all.get("tokenizer.ggml.tokens")),
        integers(all.get("tokenizer.ggml.token_type")),
        strings(all.get("tokenizer.ggml.merges")),
        List.of(),
        id(all, "bos"),
        id(all, "eos"),
        Set.of(),
        id(all, "unknown"),
        id(all, "padding"),
        Optional.ofNullable((Boolean) all.get("tokenizer.ggml.add_bos_token")),
        Optional.ofNullable((Boolean) all.get("tokenizer.ggml.add_eos_token")),
        Optional.empty(),
        Optional.ofNullable((String) all.get("tokenizer.chat_template")));
  }

  private static OptionalInt id(Map<String, Object> all, String role) {
    Object id = all.get("tokenizer.ggml." + role + "_token_id");
    return id == null ? OptionalInt.empty() : OptionalInt.of(((Number) id).intValue());
  }

  private static List<String> strings(Object list) {
    return ((List<?>) list).stream().map(String.class::cast).toList();
  }

  private static List<Integer> integers(Object list) {
    return ((List<?>) list).stream().map(each -> ((Number) each).intValue()).toList();
  }

  private Map<String, Object> read() {
    bytes.position(16);
    long count = bytes.getLong();
    Map<String, Object> all = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      String key = string();
      all.put(key, value(bytes.getInt()));
    }
    return all;
  }

  private String string() {
    byte[] text = new byte[(int) bytes.getLong()];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private Object value(int type) {
    return switch (type) {
      case 0, 1 -> (int) bytes.get();
      case 2, 3 -> (int) bytes.getShort();
      case 4, 5 -> bytes.getInt();
      case 6 -> bytes.getFloat();
      case 7 -> bytes.get() != 0;
      case 8 -> string();
      case 9 -> {
        int element = bytes.getInt();
        long count = bytes.getLong();
        List<Object> list = new ArrayList<>();
        for (long i = 0; i < count; i++) {
          list.add(value(element));
        }
        yield list;
      }
      case 10, 11 -> bytes.getLong();
      case 12 -> bytes.getDouble();
      default -> throw new IllegalStateException("GGUF type " + type);
    };
  }
}
