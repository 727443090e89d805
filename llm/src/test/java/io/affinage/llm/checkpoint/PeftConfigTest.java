package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeftConfigTest {

  @TempDir Path folder;

  /**
   * The fixture is what PEFT 0.21 itself writes for LoraConfig(r=16, lora_alpha=32,
   * target_modules=[q_proj, v_proj]).
   */
  @Test
  void shouldReadWhatPeftWritesAndWriteTheSameValues() throws IOException {
    Path fixture = Fixtures.fixture("adapter_config.json");
    PeftConfig config = PeftConfig.read(fixture.getParent());
    assertThat(config)
        .isEqualTo(
            new PeftConfig(
                new PeftConfig.Base("x", Optional.empty(), "CAUSAL_LM"),
                PeftConfig.Targets.of(List.of("q_proj", "v_proj"), false),
                PeftConfig.Rank.of(16, 32, 0),
                PeftConfig.Variant.PLAIN,
                List.of(),
                false));
    config.write(folder);
    JsonNode written = new ObjectMapper().readTree(folder.resolve(PeftConfig.FILE).toFile());
    JsonNode reference = new ObjectMapper().readTree(fixture.toFile());
    written
        .properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("peft_version")) {
                assertThat(field.getValue())
                    .as(field.getKey())
                    .isEqualTo(reference.get(field.getKey()));
              }
            });
    assertThat(written.size()).isEqualTo(26);
  }

  @Test
  void shouldReadBackEveryField() {
    var config =
        new PeftConfig(
            new PeftConfig.Base("owner/name", Optional.of("main"), "SEQ_CLS"),
            new PeftConfig.Targets(
                List.of(),
                Optional.of("all-linear"),
                List.of("lm_head"),
                List.of(0, 3),
                Optional.of("layers"),
                true),
            new PeftConfig.Rank(4, 8.5, 0.1, Map.of("q_proj", 2), Map.of("q_proj", 3.5)),
            new PeftConfig.Variant(true, true, true, "lora_only", "gaussian"),
            List.of("embed_tokens"),
            true);
    config.write(folder);
    assertThat(PeftConfig.read(folder)).isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'peft_type':'IA3'}|adapter_config_unsupported|peft_type IA3",
        "{'peft_type':'LORA','target_modules':['q'],'fan_in_fan_out':1}|adapter_config_invalid|fan_in_fan_out must be true or false",
        "{'peft_type':'LORA','target_modules':['q'],'target_parameters':['w']}|adapter_config_unsupported|target_parameters",
        "{'peft_type':'LORA','target_modules':['q'],'of_the_future':1}|adapter_config_unsupported|of_the_future = 1",
        "{'peft_type':'LORA','target_modules':['q'],'r':0}|adapter_config_invalid|r 0",
        "{'peft_type':'LORA','target_modules':['q'],'r':2.5}|adapter_config_invalid|r must be a number",
        "{'peft_type':'LORA','target_modules':['q'],'lora_dropout':1}|adapter_config_invalid|dropout 1.0",
        "{'peft_type':'LORA','target_modules':[7]}|adapter_config_invalid|target_modules must be a list of texts",
        "{'peft_type':'LORA'}|adapter_config_invalid|either target modules or a pattern",
        "[]|adapter_config_invalid|JSON object",
      })
  void shouldRefuseWhatItDoesNotUnderstand(String json, String code, String message)
      throws IOException {
    Files.writeString(folder.resolve(PeftConfig.FILE), json.replace('\'', '"'));
    Throwable failure = catchThrowable(() -> PeftConfig.read(folder));
    assertThat(failure).isInstanceOf(LlmException.class).hasMessageContaining(message);
    assertThat(((LlmException) failure).code()).isEqualTo(code);
  }
}
