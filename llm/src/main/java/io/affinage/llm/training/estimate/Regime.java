package io.affinage.llm.training.estimate;

import io.affinage.llm.model.WeightForm;

/** What of a model is trained, and how the rest of it is kept. */
public enum Regime {
  /** Every weight is trained. */
  FULL("full", WeightForm.PLAIN, false, false),
  /** A low-rank adapter beside the weights as they are. */
  LORA("lora", WeightForm.PLAIN, true, false),
  /** A low-rank adapter beside weights in NF4 with double quantization, all in memory. */
  QLORA("qlora", WeightForm.NF4_DOUBLE, true, false),
  /** The same with the blocks' weights on disk, read a block ahead. */
  QLORA_STREAMED("qlora-streamed", WeightForm.NF4_DOUBLE, true, true),
  /** Answers alone: nothing is trained. */
  GENERATE("generate", WeightForm.PACKED, false, false);

  private final String userName;
  private final WeightForm form;
  private final boolean adapter;
  private final boolean streamed;

  Regime(String userName, WeightForm form, boolean adapter, boolean streamed) {
    this.userName = userName;
    this.form = form;
    this.adapter = adapter;
    this.streamed = streamed;
  }

  /** The name that users read, for example {@code qlora-streamed}. */
  public String userName() {
    return userName;
  }

  /** In which form the weights are kept. */
  public WeightForm form() {
    return form;
  }

  /** Whether an adapter alone is trained. */
  public boolean trainsAdapter() {
    return adapter;
  }

  /** Whether anything is trained. */
  public boolean trains() {
    return this != GENERATE;
  }

  /** Whether blocks are read from disk when they are needed. */
  public boolean streamed() {
    return streamed;
  }
}
