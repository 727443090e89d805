package io.affinage.llm.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.FamilyFixture;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FitToolTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final FamilyFixture MODEL = FamilyFixture.named("qwen2");

  private static JsonNode ask(String request) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ToolProcess.run(
        FitTool::answer,
        new ByteArrayInputStream(request.getBytes(StandardCharsets.UTF_8)),
        new PrintStream(out));
    return JSON.readTree(out.toString(StandardCharsets.UTF_8));
  }

  private static String request(Path model, String more) throws IOException {
    return "{\"model\": %s%s}".formatted(JSON.writeValueAsString(model.toString()), more);
  }

  @Test
  void shouldTellWhatFitsAnotherMachineWithoutMeasuringThisOne() throws IOException {
    JsonNode answer =
        ask(request(MODEL.folder(), ", \"memory\": 1000000, \"gpu_memory\": 50000000000"));

    assertThat(answer.get("parameters").longValue())
        .isEqualTo(
            MODEL.checkpoint().names().stream()
                .mapToLong(name -> MODEL.checkpoint().entry(name).elements())
                .sum());
    assertThat(answer.get("stored_as").asText()).isEqualTo("F32");
    assertThat(answer.get("machine").get("memory_bytes").longValue()).isEqualTo(1_000_000);
    assertThat(answer.get("machine").get("flops").isNull()).isTrue();
    List<String> regimes = new ArrayList<>();
    for (JsonNode regime : answer.get("regimes")) {
      regimes.add(regime.get("regime").asText());
      assertThat(regime.get("fits").booleanValue()).as("a process alone takes more").isFalse();
      assertThat(regime.get("fits_gpu").booleanValue()).isTrue();
      assertThat(regime.get("seconds_per_1000_tokens").isNull()).isTrue();
      long parts = 0;
      for (JsonNode part : regime.get("parts")) {
        parts += part.longValue();
      }
      assertThat(regime.get("peak_bytes").longValue()).isEqualTo(parts);
    }
    assertThat(regimes).containsExactly("full", "lora", "qlora", "qlora-streamed", "generate");
  }

  @Test
  void shouldMeasureThisMachineForATime() throws IOException {
    JsonNode answer = ask(request(MODEL.folder(), ", \"length\": 64, \"batch\": 2, \"disk\": 1e9"));

    assertThat(answer.get("machine").get("flops").doubleValue()).isGreaterThan(1e8);
    assertThat(answer.get("machine").get("dequantized_weights_per_second").doubleValue())
        .isGreaterThan(1e5);
    for (JsonNode regime : answer.get("regimes")) {
      assertThat(regime.get("fits").booleanValue()).isTrue();
      assertThat(regime.get("seconds_per_1000_tokens").doubleValue()).isPositive();
    }
    assertThat(answer.get("workload").get("length").intValue()).isEqualTo(64);
  }

  /** As headers come from a hub: what lies among the weights reads as zeros. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldTakeTheConfigurationsWordForQuantizedHeaders(boolean nf4, @TempDir Path folder)
      throws IOException {
    String config = Files.readString(MODEL.folder().resolve("config.json")).strip();
    String quantization =
        nf4
            ? "{\"quant_method\": \"bitsandbytes\", \"bnb_4bit_quant_type\": \"nf4\"}"
            : "{\"quant_method\": \"gptq\"}";
    Files.writeString(
        folder.resolve("config.json"),
        config.substring(0, config.length() - 1)
            + ", \"quantization_config\": "
            + quantization
            + "}");
    Files.write(folder.resolve("model.safetensors"), new byte[1000]);

    if (nf4) {
      ModelOutline outline = ModelOutline.ofHeaders(folder);
      assertThat(outline.type()).isEqualTo("NF4");
      assertThat(outline.bytes()).isEqualTo(1000);
      assertThat(outline.config().shape())
          .isEqualTo(ModelOutline.read(MODEL.folder()).config().shape());
    } else {
      assertThat(catchThrowable(() -> ModelOutline.ofHeaders(folder))).hasMessageContaining("gptq");
    }
  }

  @Test
  void shouldSayWhatIsWrongWithTheModel(@TempDir Path folder) throws IOException {
    JsonNode answer = ask(request(folder.resolve("absent"), ""));

    assertThat(answer.get("error").get("code").asText()).isEqualTo("checkpoint_missing");
    assertThat(ask("{\"hub\": \"no id\"}").get("error").get("code").asText())
        .isEqualTo("hub_id_invalid");
    assertThat(ask(request(MODEL.folder(), ", \"disk\": -1")).get("error").get("code").asText())
        .isEqualTo("invalid_machine");
  }
}
