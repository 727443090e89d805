package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How the numbers of a tensor are laid out in a file. Values are stored in blocks of {@link
 * #blockSize()} elements that take {@link #blockBytes()} bytes; plain number types have blocks of
 * one element.
 *
 * <p>The block formats are those of ggml (the {@code block_*} structs of {@code ggml-common.h});
 * plain types carry the name that safetensors gives them.
 */
public enum StorageType {
  F64(1, 8, 28, "F64"),
  F32(1, 4, 0, "F32"),
  F16(1, 2, 1, "F16"),
  BF16(1, 2, 30, "BF16"),
  F8_E4M3(1, 1, -1, "F8_E4M3"),
  F8_E5M2(1, 1, -1, "F8_E5M2"),
  I64(1, 8, 27, "I64"),
  I32(1, 4, 26, "I32"),
  I16(1, 2, 25, "I16"),
  I8(1, 1, 24, "I8"),
  U64(1, 8, -1, "U64"),
  U32(1, 4, -1, "U32"),
  U16(1, 2, -1, "U16"),
  U8(1, 1, -1, "U8"),
  BOOL(1, 1, -1, "BOOL"),
  Q4_0(32, 18, 2, null),
  Q4_1(32, 20, 3, null),
  Q5_0(32, 22, 6, null),
  Q5_1(32, 24, 7, null),
  Q8_0(32, 34, 8, null),
  Q8_1(32, 40, 9, null),
  Q2_K(256, 84, 10, null),
  Q3_K(256, 110, 11, null),
  Q4_K(256, 144, 12, null),
  Q5_K(256, 176, 13, null),
  Q6_K(256, 210, 14, null),
  Q8_K(256, 292, 15, null),
  IQ2_XXS(256, 66, 16, null),
  IQ2_XS(256, 74, 17, null),
  IQ3_XXS(256, 98, 18, null),
  IQ1_S(256, 50, 19, null),
  IQ4_NL(32, 18, 20, null),
  IQ3_S(256, 110, 21, null),
  IQ2_S(256, 82, 22, null),
  IQ4_XS(256, 136, 23, null),
  IQ1_M(256, 56, 29, null),
  TQ1_0(256, 54, 34, null),
  TQ2_0(256, 66, 35, null),
  MXFP4(32, 17, 39, null),
  /** Codes of {@link io.affinage.llm.quantization.Nf4}, whose scales lie elsewhere. */
  NF4(2, 1, -1, null);

  private static final Map<Integer, StorageType> BY_GGML_ID =
      Arrays.stream(values())
          .filter(t -> t.ggmlId >= 0)
          .collect(Collectors.toUnmodifiableMap(t -> t.ggmlId, Function.identity()));

  private static final Map<String, StorageType> BY_SAFETENSORS_NAME =
      Arrays.stream(values())
          .filter(t -> t.safetensorsName != null)
          .collect(Collectors.toUnmodifiableMap(t -> t.safetensorsName, Function.identity()));

  private final int blockSize;
  private final int blockBytes;
  private final int ggmlId;
  private final String safetensorsName;

  StorageType(int blockSize, int blockBytes, int ggmlId, String safetensorsName) {
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
    this.ggmlId = ggmlId;
    this.safetensorsName = safetensorsName;
  }

  /** Elements in a block; 1 for plain number types. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether several elements share a block, so that single elements cannot be addressed. */
  public boolean isBlockQuantized() {
    return blockSize > 1;
  }

  /** The name in a safetensors header, where the format has this type. */
  public Optional<String> safetensorsName() {
    return Optional.ofNullable(safetensorsName);
  }

  /**
   * Bytes that {@code elements} values take.
   *
   * @throws ArithmeticException if that exceeds 2^63 - 1
   * @throws IllegalArgumentException if {@code elements} is not a whole number of blocks
   */
  public long bytes(long elements) {
    if (elements < 0 || elements % blockSize != 0) {
      throw new IllegalArgumentException(
          elements + " elements are not whole blocks of " + blockSize);
    }
    return Math.multiplyExact(elements / blockSize, (long) blockBytes);
  }

  /** The number by which GGUF files name the type; -1 where ggml does not have it. */
  int ggmlId() {
    return ggmlId;
  }

  static Optional<StorageType> ofGgml(int id) {
    return Optional.ofNullable(BY_GGML_ID.get(id));
  }

  static Optional<StorageType> ofSafetensors(String name) {
    return Optional.ofNullable(BY_SAFETENSORS_NAME.get(name));
  }

  /** Whether {@link Checkpoint#read} turns this type into 32-bit floats. */
  public boolean isReadableAsFloat() {
    return BlockDecoder.of(this).isPresent();
  }

  static LlmException notReadable(TensorEntry entry) {
    String readable =
        Arrays.stream(values())
            .filter(StorageType::isReadableAsFloat)
            .map(Enum::name)
            .collect(Collectors.joining(", "));
    return new LlmException(
        "checkpoint_dtype_unsupported",
        "%s: tensor %s is stored as %s, which cannot be read as floating point; readable are %s"
            .formatted(entry.file(), entry.name(), entry.type(), readable));
  }
}
