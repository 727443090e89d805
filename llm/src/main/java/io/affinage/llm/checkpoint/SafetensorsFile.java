package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.affinage.llm.error.FileKind;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The header of one safetensors file: 8 bytes little-endian length, a JSON object of that length,
 * then the tensors without gaps. Accepts what the reference implementation accepts, and refuses
 * what it refuses.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">The format</a>
 */
final class SafetensorsFile {

  /** The reference's own limit. */
  private static final long MAX_HEADER = 100_000_000;

  private static final int MAX_DIMENSIONS = 64;

  private final MappedFile file;
  private final long dataStart;
  private final Map<String, TensorEntry> entries = new TreeMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  private SafetensorsFile(MappedFile file, long dataStart) {
    this.file = file;
    this.dataStart = dataStart;
  }

  static SafetensorsFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    FileKind.foreign(path, FileKind.SAFETENSORS)
        .ifPresent(
            what -> {
              throw new LlmException("checkpoint_wrong_file", what);
            });
    return read(file);
  }

  static SafetensorsFile read(MappedFile file) {
    Path path = file.path();
    if (file.size() < 8) {
      throw new LlmException(
          "checkpoint_truncated",
          "%s has %d bytes, less than the 8 of a safetensors header length; it is cut off"
              .formatted(path, file.size()));
    }
    long length = file.slice(0, 8).getLong();
    if (length < 2 || length > MAX_HEADER) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: the header length at offset 0 is %s, but must be between 2 and %d; this is not a safetensors file"
              .formatted(path, Long.toUnsignedString(length), MAX_HEADER));
    }
    if (length > file.size() - 8) {
      throw new LlmException(
          "checkpoint_truncated",
          "%s: the header has %d bytes, but only %d follow; the file is cut off"
              .formatted(path, length, file.size() - 8));
    }
    var header = new SafetensorsFile(file, 8 + length);
    ByteBuffer bytes = file.slice(8, (int) length);
    if (bytes.get(0) != '{') {
      throw header.invalid("the header does not start with '{'; this is not a safetensors file");
    }
    var text = new byte[(int) length];
    bytes.get(text);
    try (JsonParser parser = StrictJson.MAPPER.createParser(text)) {
      header.readHeader(parser);
    } catch (JsonProcessingException e) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: the header is not valid JSON: %s".formatted(path, StrictJson.describe(e)),
          e);
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: the header is not valid JSON: %s".formatted(path, e.getMessage()),
          e);
    }
    header.requireNoGapsOrOverlaps();
    return header;
  }

  MappedFile mapped() {
    return file;
  }

  Map<String, TensorEntry> entries() {
    return entries;
  }

  /** The texts under {@code __metadata__}. */
  Map<String, String> metadata() {
    return metadata;
  }

  private void readHeader(JsonParser parser) throws IOException {
    require(parser.nextToken() == JsonToken.START_OBJECT, "the header is not a JSON object");
    String name;
    while ((name = parser.nextFieldName()) != null) {
      if (name.equals("__metadata__")) {
        readMetadata(parser);
      } else {
        entries.put(name, readEntry(parser, name));
      }
    }
    require(parser.currentToken() == JsonToken.END_OBJECT, "the header is not a JSON object");
    require(parser.nextToken() == null, "the header has more than one JSON value");
  }

  private void readMetadata(JsonParser parser) throws IOException {
    require(parser.nextToken() == JsonToken.START_OBJECT, "__metadata__ is not an object");
    String key;
    while ((key = parser.nextFieldName()) != null) {
      require(
          parser.nextToken() == JsonToken.VALUE_STRING,
          "__metadata__ has a value that is not a text: " + key);
      metadata.put(key, parser.getText());
    }
  }

  private TensorEntry readEntry(JsonParser parser, String name) throws IOException {
    require(
        parser.nextToken() == JsonToken.START_OBJECT,
        "the entry of tensor " + name + " is not an object");
    String dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    String field;
    while ((field = parser.nextFieldName()) != null) {
      switch (field) {
        case "dtype" -> {
          require(
              parser.nextToken() == JsonToken.VALUE_STRING,
              "dtype of tensor " + name + " is not a text");
          dtype = parser.getText();
        }
        case "shape" -> shape = readNumbers(parser, "shape of tensor " + name, MAX_DIMENSIONS);
        case "data_offsets" -> offsets = readNumbers(parser, "data_offsets of tensor " + name, 2);
        default -> throw invalid("tensor %s has an unknown field %s".formatted(name, field));
      }
    }
    require(dtype != null, "tensor " + name + " has no dtype");
    require(shape != null, "tensor " + name + " has no shape");
    require(offsets != null && offsets.size() == 2, "tensor " + name + " has no two data_offsets");
    return entry(
        name,
        dtype,
        shape.stream().mapToLong(Long::longValue).toArray(),
        offsets.get(0),
        offsets.get(1));
  }

  private TensorEntry entry(String name, String dtype, long[] shape, long begin, long end) {
    StorageType type =
        StorageType.ofSafetensors(dtype)
            .orElseThrow(
                () ->
                    new LlmException(
                        "checkpoint_dtype_unsupported",
                        "%s: tensor %s has dtype %s, which is not known"
                            .formatted(file.path(), name, dtype)));
    long room = file.size() - dataStart;
    require(
        begin <= end, "tensor %s ends at %d before it begins at %d".formatted(name, end, begin));
    if (end > room) {
      throw new LlmException(
          "checkpoint_truncated",
          "%s: tensor %s ends at offset %d of the data, but there are only %d bytes; the file is cut off"
              .formatted(file.path(), name, end, room));
    }
    long needed;
    try {
      long elements = 1;
      for (long size : shape) {
        elements = Math.multiplyExact(elements, size);
      }
      needed = type.bytes(elements);
    } catch (ArithmeticException e) {
      throw invalid(
          "tensor %s claims the impossible shape %s".formatted(name, Arrays.toString(shape)));
    }
    require(
        needed == end - begin,
        "tensor %s of shape %s and dtype %s needs %d bytes, but has %d"
            .formatted(name, Arrays.toString(shape), dtype, needed, end - begin));
    return new TensorEntry(
        name, shape, type, RowOrder.AS_IS, file.path(), dataStart + begin, needed);
  }

  private List<Long> readNumbers(JsonParser parser, String what, int limit) throws IOException {
    require(parser.nextToken() == JsonToken.START_ARRAY, what + " is not a list");
    var numbers = new ArrayList<Long>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(
          parser.currentToken() == JsonToken.VALUE_NUMBER_INT
              && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
              && parser.getLongValue() >= 0,
          what + " has an entry that is not a whole number from 0 to 2^63 - 1");
      require(numbers.size() < limit, what + " has more than " + limit + " entries");
      numbers.add(parser.getLongValue());
    }
    return numbers;
  }

  private void requireNoGapsOrOverlaps() {
    var ordered =
        entries.values().stream()
            .sorted(
                Comparator.comparingLong(TensorEntry::offset)
                    .thenComparingLong(TensorEntry::byteLength))
            .toList();
    long end = dataStart;
    for (TensorEntry entry : ordered) {
      if (entry.offset() != end) {
        throw invalid(
            "tensor %s begins at offset %d of the data, but the one before it ends at %d: tensors must neither overlap nor leave gaps"
                .formatted(entry.name(), entry.offset() - dataStart, end - dataStart));
      }
      end = entry.offset() + entry.byteLength();
    }
    if (end != file.size()) {
      throw invalid("%d bytes at the end belong to no tensor".formatted(file.size() - end));
    }
  }

  private void require(boolean condition, String problem) {
    if (!condition) {
      throw invalid(problem);
    }
  }

  private LlmException invalid(String problem) {
    return new LlmException("checkpoint_header_invalid", "%s: %s".formatted(file.path(), problem));
  }
}
