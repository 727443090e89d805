package io.affinage.llm.adapter;

import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.model.Decoder;

/** LoRA's files. */
final class LoraType implements AdapterType {

  @Override
  public String name() {
    return LoraAdapter.TYPE;
  }

  @Override
  public String peftType() {
    return "LORA";
  }

  @Override
  public boolean reads(PeftFields fields) {
    return !fields.flag("use_dora");
  }

  @Override
  public Adapter load(Decoder decoder, PeftSource source) {
    return load(decoder, source, LoraPeft.read(source, decoder.config(), false));
  }

  static LoraAdapter load(Decoder decoder, PeftSource source, LoraConfig config) {
    return LoraAdapter.of(
        decoder,
        config,
        (block, layer, matrix, shape) ->
            source.values(LoraAdapter.key(decoder.config(), block, layer, matrix), shape));
  }
}
