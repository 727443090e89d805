package io.affinage.events.quantization;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * In which fewer bits a training keeps the linear layers of its base, beside the adapter that it
 * trains. A null field means the default.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Nf4Spec.class, name = "nf4"),
  @JsonSubTypes.Type(value = GgufSpec.class, name = "gguf")
})
public sealed interface QuantizationSpec permits Nf4Spec, GgufSpec {

  /** The name that the model library gives to weights in this form. */
  String weightForm();
}
