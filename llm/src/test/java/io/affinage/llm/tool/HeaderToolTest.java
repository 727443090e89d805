package io.affinage.llm.tool;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the files of a model say, and what they say when they are broken. */
class HeaderToolTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private Path model;
  private long parameters;

  @BeforeEach
  void writeModel() {
    model = folder.resolve("model");
    var definition = BpeTrainer.train(List.of("a cat and a dog "), BpeTrainer.Settings.chatMl(300));
    int vocabulary = definition.json().path("model").path("vocab").size() + 8;
    DecoderConfig config =
        DecoderConfig.llama(
            new DecoderShape(vocabulary, 16, 24, 2, 4, 2, 4, 128, true), 1e-5, 10_000);
    try (LanguageModel made =
        LanguageModel.initialise(config, definition, 3, Compute.of("cpu", "float32"))) {
      ModelExport.of(made, Optional.empty(), ModelCard.named("tiny")).huggingFace(model);
      made.decoder().forEachWeight((name, array) -> parameters += array.size());
    }
  }

  private record Answer(int status, JsonNode json) {}

  private Answer ask(String request) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status =
        ToolProcess.run(
            HeaderTool::answer,
            new ByteArrayInputStream(request.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
            new PrintStream(out));
    return new Answer(status, JSON.readTree(out.toByteArray()));
  }

  private Answer askForModel() throws IOException {
    return ask(JSON.createObjectNode().put("model", model.toString()).toString());
  }

  private void assertRefused(String code) throws IOException {
    Answer answer = askForModel();
    assertThat(answer.status()).isEqualTo(1);
    assertThat(answer.json().at("/error/code").asText()).isEqualTo(code);
    assertThat(answer.json().at("/error/message").asText()).contains(model.toString());
  }

  @Test
  void shouldTellWhatTheModelIs() throws Exception {
    Answer answer = askForModel();
    assertThat(answer.status()).isZero();
    assertThat(answer.json().properties())
        .extracting(field -> field.getKey() + " " + field.getValue().asText())
        .containsExactly(
            "architecture LlamaForCausalLM",
            "parameters " + parameters,
            "context_length 128",
            "chat_template true");
  }

  @Test
  void shouldRefuseWeightsThatEndTooEarly() throws Exception {
    Path weights = model.resolve("model.safetensors");
    try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.WRITE)) {
      channel.truncate(Files.size(weights) - 1);
    }
    assertRefused("checkpoint_truncated");
  }

  @Test
  void shouldRefuseAnotherArchitecture() throws Exception {
    Path config = model.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(config.toFile());
    json.putArray("architectures").add("MixtralForCausalLM");
    json.put("model_type", "mixtral");
    JSON.writeValue(config.toFile(), json);
    assertRefused("model_architecture_unsupported");
  }

  @Test
  void shouldRefuseAModelWithoutTokenizer() throws Exception {
    Files.delete(model.resolve("tokenizer.json"));
    assertRefused("tokenizer_missing");
  }
}
