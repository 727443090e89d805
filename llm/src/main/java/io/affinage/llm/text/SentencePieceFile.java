package io.affinage.llm.text;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A SentencePiece model file ({@code tokenizer.model}): the protocol buffer {@code ModelProto}, of
 * which the pieces, a few settings of the trainer and of the normalizer are read.
 *
 * @see <a href="https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto">
 *     The format</a>
 */
final class SentencePieceFile {
  private static final long MOST_BYTES = 64 << 20;
  private static final int BPE = 2;
  private static final int NORMAL = 1;

  private final Path path;
  private final List<String> tokens = new ArrayList<>();
  private final List<Float> scores = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private int kind = 1; // unigram, the format's default
  private int unknown = 0;
  private int begin = 1;
  private int end = 2;
  private int pad = -1;
  private boolean prefix = true;
  private boolean removesSpaces = true;
  private boolean escapes = true;
  private int characterMap;

  private SentencePieceFile(Path path) {
    this.path = path;
  }

  /**
   * @throws LlmException {@code tokenizer_invalid}, {@code tokenizer_unreadable}, {@code
   *     unsupported_tokenizer} for a kind other than BPE or texts that are changed first
   */
  static GgufVocabulary read(Path path) {
    byte[] bytes;
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new LlmException(
            "tokenizer_invalid",
            "%s has more than %d bytes, which no tokenizer has".formatted(path, MOST_BYTES));
      }
      bytes = Files.readAllBytes(path);
    } catch (IOException e) {
      throw new LlmException("tokenizer_unreadable", "cannot read " + path + ": " + e, e);
    }
    SentencePieceFile file = new SentencePieceFile(path);
    file.model(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    return file.vocabulary();
  }

  private GgufVocabulary vocabulary() {
    if (tokens.isEmpty()) {
      throw invalid("it has no pieces");
    }
    if (kind != BPE) {
      throw unsupported("only models of type bpe are");
    }
    if (characterMap > 0 || removesSpaces || !escapes) {
      throw unsupported("it changes characters or spaces of a text before it is cut");
    }
    return new GgufVocabulary(
        GgufVocabulary.SENTENCE_PIECE,
        Optional.empty(),
        tokens,
        types,
        List.of(),
        scores,
        id(begin, "bos_id"),
        id(end, "eos_id"),
        Set.of(),
        id(unknown, "unk_id"),
        id(pad, "pad_id"),
        Optional.empty(),
        Optional.empty(),
        Optional.of(prefix),
        Optional.empty());
  }

  private OptionalInt id(int id, String role) {
    if (id >= tokens.size()) {
      throw invalid("%s is %d of %d pieces".formatted(role, id, tokens.size()));
    }
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private void model(ByteBuffer in) {
    fields(
        in,
        (field, value) -> {
          switch (field) {
            case 1 -> piece(value.message());
            case 2 -> fields(value.message(), this::trainer);
            case 3 -> fields(value.message(), this::normalizer);
            default -> {} // further settings, for training and tests
          }
        });
  }

  private void piece(ByteBuffer in) {
    int index = tokens.size();
    tokens.add("");
    scores.add(0f);
    types.add(NORMAL);
    fields(
        in,
        (field, value) -> {
          switch (field) {
            case 1 -> tokens.set(index, value.text());
            case 2 -> scores.set(index, Float.intBitsToFloat((int) value.number()));
            case 3 -> types.set(index, type(value.number()));
            default -> {}
          }
        });
  }

  private int type(long type) {
    if (type < 1 || type > 6) {
      throw invalid("a piece has the unknown type " + type);
    }
    return (int) type; // the same numbers as GGUF's
  }

  private void trainer(int field, Value value) {
    switch (field) {
      case 3 -> kind = (int) value.number();
      case 40 -> unknown = (int) value.number();
      case 41 -> begin = (int) value.number();
      case 42 -> end = (int) value.number();
      case 43 -> pad = (int) value.number();
      default -> {}
    }
  }

  private void normalizer(int field, Value value) {
    switch (field) {
      case 2 -> characterMap = value.message().remaining();
      case 3 -> prefix = value.number() != 0;
      case 4 -> removesSpaces = value.number() != 0;
      case 5 -> escapes = value.number() != 0;
      default -> {}
    }
  }

  private interface FieldReader {
    void read(int field, Value value);
  }

  /** A number, or bytes. */
  private final class Value {
    private final long number;
    private final ByteBuffer bytes;

    Value(long number, ByteBuffer bytes) {
      this.number = number;
      this.bytes = bytes;
    }

    long number() {
      if (bytes != null) {
        throw invalid("a number is stored as bytes");
      }
      return number;
    }

    ByteBuffer message() {
      if (bytes == null) {
        throw invalid("a message is stored as a number");
      }
      return bytes;
    }

    String text() {
      return StandardCharsets.UTF_8.decode(message().duplicate()).toString();
    }
  }

  private void fields(ByteBuffer in, FieldReader reader) {
    while (in.hasRemaining()) {
      long tag = varint(in);
      int field = (int) (tag >>> 3);
      switch ((int) (tag & 7)) {
        case 0 -> reader.read(field, new Value(varint(in), null));
        case 1 -> reader.read(field, new Value(need(in, Long.BYTES).getLong(), null));
        case 2 -> {
          ByteBuffer bytes = need(in, varint(in));
          reader.read(field, new Value(0, bytes));
        }
        case 5 -> reader.read(field, new Value(need(in, Integer.BYTES).getInt(), null));
        default -> throw invalid("it is no SentencePiece model");
      }
    }
  }

  private ByteBuffer need(ByteBuffer in, long length) {
    if (length < 0 || length > in.remaining()) {
      throw invalid("it is cut off or no SentencePiece model");
    }
    ByteBuffer part = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + (int) length);
    return part;
  }

  private long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = need(in, 1).get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw invalid("it is no SentencePiece model");
  }

  private LlmException invalid(String problem) {
    return new LlmException("tokenizer_invalid", "%s: %s".formatted(path, problem));
  }

  private LlmException unsupported(String problem) {
    return new LlmException(
        "unsupported_tokenizer",
        "%s is not supported: %s; load and save it with transformers, which writes tokenizer.json"
            .formatted(path, problem));
  }
}
