package io.affinage.llm.adapter.dora;

import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterType;
import io.affinage.llm.adapter.LoraPeft;
import io.affinage.llm.adapter.PeftSource;
import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.model.Decoder;

/** DoRA's files: LoRA's with {@code use_dora}. */
public final class DoraType implements AdapterType {

  @Override
  public String name() {
    return DoraAdapter.TYPE;
  }

  @Override
  public String peftType() {
    return "LORA";
  }

  @Override
  public boolean reads(PeftFields fields) {
    return fields.flag("use_dora");
  }

  @Override
  public Adapter load(Decoder decoder, PeftSource source) {
    return DoraAdapter.of(decoder, LoraPeft.read(source, decoder.config(), true), source);
  }
}
