package io.affinage.llm.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Gpt2FamilyTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldTakeTheFamilysDefaults() throws IOException {
    DecoderConfig config = read("{}");
    assertThat(config.shape().intermediateSize()).isEqualTo(4 * 24);
    assertThat(config.shape().maxPositions()).isEqualTo(1024);
    assertThat(config.shape().headDim()).isEqualTo(8);
    assertThat(config.shape().tiedHead()).isTrue();
    assertThat(config.rotary()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'scale_attn_by_inverse_layer_idx':true}|model_architecture_unsupported|scale_attn_by_inverse_layer_idx is set",
        "{'add_cross_attention':true}|model_architecture_unsupported|add_cross_attention is set",
        "{'activation_function':'relu'}|model_architecture_unsupported|activation_function 'relu' is not supported",
        "{'n_head':5}|config_invalid|n_embd 24 is not a multiple of the number of heads, 5",
        "{'n_embd':null}|config_invalid|n_embd must be a whole number"
      })
  void shouldRefuseWhatItDoesNotCompute(String change, String code, String message) {
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> read(change))
        .withMessageContaining(message)
        .extracting(LlmException::code)
        .isEqualTo(code);
  }

  private static DecoderConfig read(String change) throws IOException {
    ObjectNode json =
        (ObjectNode)
            JSON.readTree(
                "{\"model_type\":\"gpt2\",\"vocab_size\":9,\"n_embd\":24,\"n_head\":3,\"n_layer\":1}");
    json.setAll((ObjectNode) JSON.readTree(change.replace('\'', '"')));
    return DecoderConfig.of(new ModelMetadata("config.json", json));
  }
}
