package io.affinage.llm.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How text is cut into words before byte-pair merging, by the names that {@code tokenizer.ggml.pre}
 * uses. The expressions are those of the models' own {@code tokenizer.json} files.
 */
enum PreTokenizer {
  GPT_2(List.of("gpt-2", "phi-2"), false, false, false) {
    @Override
    ObjectNode json() {
      return byteLevel(true);
    }
  },
  /** Every digit alone, then as GPT-2. */
  SMOLLM(List.of("smollm", "starcoder", "refact", "command-r"), false, false, false) {
    @Override
    ObjectNode json() {
      ObjectNode digits = object("Digits").put("individual_digits", true);
      return sequence(digits, byteLevel(true));
    }
  },
  LLAMA_BPE(List.of("llama-bpe", "llama3", "llama-v3"), true, true, false) {
    @Override
    ObjectNode json() {
      return sequence(split(words("\\p{N}{1,3}")), byteLevel(false));
    }
  },
  QWEN2(List.of("qwen2", "deepseek-r1-qwen"), false, false, true) {
    @Override
    ObjectNode json() {
      return sequence(split(words("\\p{N}")), byteLevel(false));
    }
  };

  private final List<String> names;

  /** A word that is in the vocabulary as a whole is taken as it is, without merging. */
  final boolean ignoreMerges;

  /** Whether a file that does not say puts a beginning-of-text token first. */
  final boolean addsBos;

  /** Text is brought to Unicode normal form C first. */
  final boolean normalizesToNfc;

  PreTokenizer(List<String> names, boolean ignoreMerges, boolean addsBos, boolean normalizesToNfc) {
    this.names = names;
    this.ignoreMerges = ignoreMerges;
    this.addsBos = addsBos;
    this.normalizesToNfc = normalizesToNfc;
  }

  /** The {@code pre_tokenizer} of a {@code tokenizer.json}. */
  abstract ObjectNode json();

  static PreTokenizer named(Optional<String> name) {
    return Arrays.stream(values())
        .filter(each -> name.isPresent() && each.names.contains(name.get()))
        .findFirst()
        .orElseThrow(
            () ->
                new LlmException(
                    "unsupported_pre_tokenizer",
                    "GGUF pre-tokenizer %s is not supported (known: %s); use the model's Hugging Face folder with tokenizer.json instead"
                        .formatted(
                            name.map(n -> "'" + n + "'").orElse("(tokenizer.ggml.pre absent)"),
                            Arrays.stream(values())
                                .flatMap(each -> each.names.stream())
                                .toList())));
  }

  /** The name that {@code tokenizer.ggml.pre} has for this. */
  String ggufName() {
    return names.get(0);
  }

  /**
   * The pre-tokenizer that a {@code tokenizer.json} describes.
   *
   * @throws LlmException {@code unsupported_pre_tokenizer}
   */
  static PreTokenizer matching(JsonNode tokenizer) {
    JsonNode wanted = plain(tokenizer.path("pre_tokenizer"));
    boolean ignoreMerges = tokenizer.path("model").path("ignore_merges").asBoolean();
    JsonNode normalizer = tokenizer.path("normalizer");
    boolean nfc = normalizer.path("type").asText().equals("NFC");
    boolean none = normalizer.isMissingNode() || normalizer.isNull();
    return Arrays.stream(values())
        .filter(each -> plain(each.json()).equals(wanted))
        .filter(each -> each.ignoreMerges == ignoreMerges)
        .filter(each -> each.normalizesToNfc ? nfc : none)
        .findFirst()
        .orElseThrow(
            () ->
                new LlmException(
                    "unsupported_pre_tokenizer",
                    "the tokenizer cuts words in a way that GGUF has no name for (known: %s)"
                        .formatted(Arrays.stream(values()).map(PreTokenizer::ggufName).toList())));
  }

  /** Without what does not change how text is cut: the offsets' form. */
  private static JsonNode plain(JsonNode step) {
    JsonNode copy = step.deepCopy();
    copy.findParents("trim_offsets").forEach(each -> ((ObjectNode) each).remove("trim_offsets"));
    return copy;
  }

  private static String words(String numbers) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
        + numbers
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  static ObjectNode byteLevel(boolean useRegex) {
    return object("ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", useRegex);
  }

  private static ObjectNode split(String expression) {
    ObjectNode split = object("Split").put("behavior", "Isolated").put("invert", false);
    split.putObject("pattern").put("Regex", expression);
    return split;
  }

  private static ObjectNode sequence(JsonNode... steps) {
    ObjectNode sequence = object("Sequence");
    sequence.putArray("pretokenizers").addAll(List.of(steps));
    return sequence;
  }

  static ObjectNode object(String type) {
    return JsonNodeFactory.instance.objectNode().put("type", type);
  }
}
