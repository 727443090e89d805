package io.affinage.llm.adapter.bottleneck;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What stands between the two layers of a bottleneck; kernels know it by its ordinal. */
public enum Nonlinearity {
  RELU("relu"),
  SWISH("swish"),
  GELU("gelu"),
  GELU_NEW("gelu_new"),
  TANH("tanh");

  private final String fileName;

  Nonlinearity(String fileName) {
    this.fileName = fileName;
  }

  /** As files and recipes name it ({@code non_linearity}). */
  public String fileName() {
    return fileName;
  }

  /** By its name; {@code silu} is another name of {@code swish}. */
  public static Optional<Nonlinearity> named(String name) {
    return name.equals("silu")
        ? Optional.of(SWISH)
        : Arrays.stream(values()).filter(each -> each.fileName.equals(name)).findFirst();
  }

  /** Their names, for messages. */
  static String names() {
    return Arrays.stream(values()).map(Nonlinearity::fileName).collect(Collectors.joining(", "));
  }
}
