package io.affinage.llm.tensor;

import java.util.Locale;

/** The floating-point type that a model computes in. */
public enum Precision {
  FLOAT32(6, 4),
  BFLOAT16(15, 2),
  FLOAT16(5, 2);

  private final int torchCode;
  private final int bytes;

  Precision(int torchCode, int bytes) {
    this.torchCode = torchCode;
    this.bytes = bytes;
  }

  /** The number by which TorchScript names the type (c10::ScalarType). */
  public int torchCode() {
    return torchCode;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The name that PyTorch and Hugging Face configurations use, for example {@code bfloat16}. */
  public String torchName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
