package io.affinage.llm.checkpoint;

/** The hyperparameters of a GGUF file's metadata, without the architecture before them. */
public enum GgufKey {
  VOCABULARY("vocab_size", Kind.COUNT),
  CONTEXT("context_length", Kind.COUNT),
  WIDTH("embedding_length", Kind.COUNT),
  BLOCKS("block_count", Kind.COUNT),
  FEED_FORWARD("feed_forward_length", Kind.COUNT),
  HEADS("attention.head_count", Kind.COUNT),
  KV_HEADS("attention.head_count_kv", Kind.COUNT),
  KEY_LENGTH("attention.key_length", Kind.COUNT),
  VALUE_LENGTH("attention.value_length", Kind.COUNT),
  RMS_EPSILON("attention.layer_norm_rms_epsilon", Kind.REAL),
  ROTATED("rope.dimension_count", Kind.COUNT),
  ROPE_BASE("rope.freq_base", Kind.REAL),
  /** Of windowed layers. */
  WINDOW_ROPE_BASE("rope.freq_base_swa", Kind.REAL),
  EPSILON("attention.layer_norm_epsilon", Kind.REAL),
  WINDOW("attention.sliding_window", Kind.COUNT),
  /** Every so many layers one is not windowed. */
  WINDOW_PATTERN("attention.sliding_window_pattern", Kind.COUNT),
  SCORE_CAP("attn_logit_softcapping", Kind.REAL),
  LOGIT_CAP("final_logit_softcapping", Kind.REAL),
  PARALLEL_RESIDUAL("use_parallel_residual", Kind.FLAG);

  /** What a value is. */
  public enum Kind {
    /** A whole number of at least 1. */
    COUNT,
    /** A number. */
    REAL,
    /** Yes or no. */
    FLAG
  }

  private final String suffix;
  private final Kind kind;

  GgufKey(String suffix, Kind kind) {
    this.suffix = suffix;
    this.kind = kind;
  }

  /** The whole key: {@code llama.context_length}. */
  public String of(String architecture) {
    return architecture + "." + suffix;
  }

  public Kind kind() {
    return kind;
  }
}
