package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonInclude;

/** No adapter: weights of the model are trained. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NoAdapter() implements AdapterSpec {

  @Override
  public double learningRate() {
    return 2e-5;
  }
}
