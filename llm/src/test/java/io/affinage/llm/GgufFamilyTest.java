package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.export.GgufMix;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tiny checkpoints of {@link FamilyTest} as GGUF files, written by an independent writer (see
 * src/test/python/gguf_family_fixtures.py) and by this library's export: both give what
 * transformers computes from the original.
 */
@Tag("slow")
class GgufFamilyTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "linear-rope",
        "mistral",
        "qwen2",
        "qwen3",
        "smollm3-gguf",
        "phi3",
        "phi3-window",
        "gemma",
        "gemma2-gguf",
        "gemma3-gguf",
        "gpt2",
        "gpt-neox"
      })
  void shouldReadWhatAnotherWriterWrote(String family) throws IOException {
    assertGolden(resource(family).resolve("model.gguf"), family);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "linear-rope",
        "mistral",
        "qwen2",
        "qwen3",
        "smollm3-gguf",
        "phi3",
        "phi3-window",
        "gemma",
        "gemma2-gguf",
        "gemma3-gguf",
        "gpt2",
        "gpt-neox"
      })
  void shouldExportWhatReadsBackTheSame(String family) throws IOException {
    Path exported = export(family, GgufMix.F32);

    assertGolden(exported, family);
  }

  /** Texts within the original context and beyond it are rotated otherwise: 10 of 23 tokens. */
  @Test
  void shouldRotateByLengthAsTheOriginalDoes() throws IOException {
    String family = "phi3-longrope";
    int[] ids = ints(JSON.readTree(resource(family).resolve("golden.json").toFile()).get("ids"));
    for (Path file : List.of(resource(family).resolve("model.gguf"), export(family, GgufMix.F32))) {
      try (NDManager root = NDManager.newBaseManager("PyTorch");
          Decoder original =
              DecoderFiles.load(
                  root,
                  Checkpoint.open(resource(family).resolve("model.safetensors")),
                  Precision.FLOAT32);
          Decoder decoder = DecoderFiles.load(root, Checkpoint.open(file), Precision.FLOAT32);
          Generator expected = new Generator(original, original.withoutAdapter());
          Generator found = new Generator(decoder, decoder.withoutAdapter())) {
        for (int length = 1; length < ids.length; length++) {
          int[] text = Arrays.copyOf(ids, length);
          assertThat(found.nextLogits(text))
              .as("%d tokens", length)
              .containsExactly(expected.nextLogits(text), within(1e-5f));
        }
      }
    }
  }

  /** Each has something that llama.cpp takes for granted otherwise. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "qwen2-window|export_unsupported|qwen2.attention.sliding_window",
        "qwen3-window|export_unsupported|qwen3.attention.sliding_window",
        "smollm3|export_mismatch|the layers is",
        "gemma2|export_mismatch|the attention is",
        "gemma2-uncapped|export_unsupported|has no place",
        "gemma3|export_mismatch|the attention is",
        "gemma3-capped|export_unsupported|gemma3.final_logit_softcapping",
        "gpt2-bare|export_mismatch|the attention is",
        "gpt-neox-sequential|export_mismatch|the feed-forward layer is",
        "yarn-ramp|export_unsupported|RoPE scaling",
        "llama3-ramp|export_unsupported|RoPE scaling"
      })
  void shouldRefuseToWriteWhatGgufCannotSay(String family, String code, String message) {
    assertThatThrownBy(() -> export(family, GgufMix.F32))
        .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
    assertThat(folder.resolve("gguf")).doesNotExist();
  }

  private Path export(String family, GgufMix mix) throws IOException {
    Path model = Files.createDirectory(folder.resolve("hf"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(resource(family).resolve(name), model.resolve(name));
    }
    tokenizer(model);
    Compute compute = Compute.of("cpu", "float32");
    return ModelExport.ofFiles(model, Optional.empty(), compute, ModelCard.named(family))
        .gguf(folder.resolve("gguf"), mix)
        .folder();
  }

  private static void assertGolden(Path file, String family) throws IOException {
    JsonNode golden = JSON.readTree(resource(family).resolve("golden.json").toFile());
    int[] ids = ints(golden.get("ids"));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, Checkpoint.open(file), Precision.FLOAT32);
        Generator generator = new Generator(decoder, decoder.withoutAdapter())) {
      int context = decoder.shape().maxPositions();
      for (int length = 1; length < Math.min(ids.length, context + 1); length++) {
        float[] logits = generator.nextLogits(Arrays.copyOf(ids, length));
        assertThat(logProbability(logits, ids[length]))
            .isCloseTo(
                golden.get("next_log_probabilities").get(length - 1).asDouble(), within(1e-4));
      }
      int[] greedy = ints(golden.get("greedy"));
      if (ids.length + greedy.length <= context) {
        var request = new GenerationRequest(List.of(ids), greedy.length, Set.of(), Sampling.GREEDY);
        assertThat(generator.generate(request, TokenListener.NONE).get(0).ids()).isEqualTo(greedy);
      }
    }
  }

  private static double logProbability(float[] logits, int id) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - (double) logits[id]);
    }
    return -Math.log(sum);
  }

  /** Byte-level BPE of 40 tokens without merges. */
  private static void tokenizer(Path model) throws IOException {
    var json = JSON.createObjectNode();
    var added = json.putArray("added_tokens");
    var bpe = json.putObject("model").put("type", "BPE");
    bpe.putArray("merges");
    var vocabulary = bpe.putObject("vocab");
    for (String token : List.of("<pad>", "<s>", "</s>")) {
      int id = vocabulary.size();
      added
          .addObject()
          .put("id", id)
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
      vocabulary.put(token, id);
    }
    "Ġabcdefghijklmnopqrstuvwxyz0123456789"
        .codePoints()
        .forEach(c -> vocabulary.put(Character.toString(c), vocabulary.size()));
    for (String step : List.of("pre_tokenizer", "decoder")) {
      json.putObject(step)
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", true)
          .put("use_regex", true);
    }
    JSON.writeValue(model.resolve("tokenizer.json").toFile(), json);
    JSON.writeValue(
        model.resolve("tokenizer_config.json").toFile(),
        JSON.createObjectNode()
            .put("bos_token", "<s>")
            .put("eos_token", "</s>")
            .put("pad_token", "<pad>"));
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static Path resource(String name) {
    return new File(GgufFamilyTest.class.getResource("/families/" + name).getPath()).toPath();
  }
}
