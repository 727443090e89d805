package io.affinage.llm.export;

import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEncoder;
import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.Locale;

/**
 * The types of a GGUF file's tensors, as llama.cpp's quantizer mixes them: vectors stay F32,
 * matrices have the type that names the mix, and some matrices that matter more have a finer one.
 */
public enum GgufMix {
  F32(StorageType.F32, 0),
  F16(StorageType.F16, 1),
  BF16(StorageType.BF16, 32),
  Q8_0(StorageType.Q8_0, 7),
  Q4_0(StorageType.Q4_0, 2),
  Q4_1(StorageType.Q4_1, 3),
  Q4_K_M(StorageType.Q4_K, 15);

  private final StorageType type;
  private final int fileType;

  GgufMix(StorageType type, int fileType) {
    this.type = type;
    this.fileType = fileType;
  }

  /**
   * A mix by its name in any case, such as {@code q4_k_m}.
   *
   * @throws LlmException {@code export_type_unsupported}
   */
  public static GgufMix of(String name) {
    return Arrays.stream(values())
        .filter(mix -> mix.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new LlmException(
                    "export_type_unsupported",
                    "GGUF type '%s' cannot be written; there are %s"
                        .formatted(name, Arrays.toString(values()).toLowerCase(Locale.ROOT))));
  }

  /** The type of most matrices. */
  StorageType mainType() {
    return type;
  }

  /** {@code general.file_type}. */
  int fileType() {
    return fileType;
  }

  /**
   * The type of a matrix.
   *
   * @param name ggml's name
   * @param rowElements columns
   * @param layers blocks of the model
   * @param head whether this is the output head, or the embedding that serves as one
   */
  StorageType typeOf(String name, int rowElements, int layers, boolean head) {
    return fitting(wanted(name, layers, head), rowElements);
  }

  private StorageType wanted(String name, int layers, boolean head) {
    boolean fourBits = this == Q4_0 || this == Q4_1 || this == Q4_K_M;
    if (head && fourBits) {
      return StorageType.Q6_K;
    }
    if (this != Q4_K_M || !name.startsWith("blk.")) {
      return type;
    }
    int block = Integer.parseInt(name.substring(4, name.indexOf('.', 4)));
    boolean sensitive = name.endsWith(".attn_v.weight") || name.endsWith(".ffn_down.weight");
    if (sensitive && deservesMoreBits(block, layers)) {
      return StorageType.Q6_K;
    }
    return name.endsWith(".attn_qkv.weight") ? StorageType.Q5_K : type;
  }

  /** The first and last eighth of the blocks, and every third between. */
  private static boolean deservesMoreBits(int block, int layers) {
    int eighth = layers / 8;
    return block < eighth || block >= 7 * layers / 8 || (block - eighth) % 3 == 2;
  }

  /** Rows that are no whole super-blocks, or blocks, take the nearest finer type that fits. */
  private static StorageType fitting(StorageType type, int rowElements) {
    if (TensorEncoder.canEncode(type, rowElements)) {
      return type;
    }
    StorageType smaller =
        switch (type) {
          case Q4_K -> StorageType.Q5_0;
          case Q5_K -> StorageType.Q5_1;
          case Q6_K -> StorageType.Q8_0;
          default -> StorageType.F16;
        };
    return TensorEncoder.canEncode(smaller, rowElements) ? smaller : StorageType.F16;
  }
}
