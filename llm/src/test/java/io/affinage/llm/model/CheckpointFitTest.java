package io.affinage.llm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.ProcessorForms;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.RenamedCheckpoint;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a checkpoint has too much, too little, or of another shape than its configuration says. */
@Tag("slow")
class CheckpointFitTest {
  private static final FamilyFixture LLAMA = FamilyFixture.named("llama3-rope");

  @TempDir Path folder;

  /** The fixtures of all families have what their configurations say, and nothing more. */
  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldTakeEveryFamilysFilesAndMissEachWeight(FamilyFixture family) {
    Checkpoint whole = family.checkpoint();
    DecoderConfig config = DecoderFiles.config(whole);
    DecoderFiles.requireFit(whole, config);
    Checkpoint named = DecoderFiles.named(whole, config);
    Set<String> needed = new java.util.TreeSet<>();
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, whole, Precision.FLOAT32)) {
      decoder.forEachWeight((name, array) -> needed.add(name));
    }
    assertThat(named.names()).containsAll(needed);
    for (String missing : needed) {
      LlmException failure =
          catchThrowableOfType(
              LlmException.class,
              () -> new CheckpointFit(without(named, missing), config).require());
      assertThat(failure).as(missing).hasMessageContaining("has no tensor " + missing);
    }
  }

  private static Checkpoint without(Checkpoint whole, String missing) {
    return new RenamedCheckpoint(
        whole, name -> name.equals(missing) ? Optional.empty() : Optional.of(name));
  }

  @ParameterizedTest
  @CsvSource({
    "model.layers.2.input_layernorm.weight", // a third layer
    "model.layers.0.self_attn.q_proj.bias",
    "model.layers.1.self_attn.q_norm.weight",
    "model.layers.0.mlp.gate_proj.weight_scale",
    "model.norm.bias",
    "model.embed_tokens.weight_scale",
    "lm_head.bias",
  })
  void shouldRefuseATensorOfTheDecoderThatNothingReads(String name) throws IOException {
    write(Map.of(name, new float[] {1, 2}));

    LlmException failure =
        catchThrowableOfType(LlmException.class, () -> DecoderFiles.requireFit(opened(), config()));

    assertThat(failure.code()).isEqualTo("checkpoint_tensor_unread");
    assertThat(failure)
        .hasMessageContaining("1 tensors that a LlamaForCausalLM of 2 layers")
        .hasMessageContaining("(" + name + ")");
  }

  @Test
  void shouldTellAndCountWhatIsOfNoPartOfTheDecoder() throws IOException {
    write(
        Map.of(
            "score.weight", new float[] {1},
            "v_head.summary.weight", new float[] {1},
            "model.layers.0.self_attn.rotary_emb.inv_freq", new float[] {1}));
    DecoderFiles.requireFit(opened(), config());
    assertThat(ModelNotes.of(opened(), config()))
        .containsExactly(
            "2 tensors of the files are of no part of this model and are left out: score.weight, v_head.summary.weight.");
  }

  @Test
  void shouldTakeTheStoredHeadOnlyWhereItIsAnother() throws IOException {
    Checkpoint whole = LLAMA.checkpoint();
    float[] embedding = whole.readFloats("model.embed_tokens.weight");
    config("tie_word_embeddings", true);

    write(Map.of("lm_head.weight", embedding));
    assertThat(config().shape().tiedHead()).isTrue();
    assertThat(ModelNotes.of(opened(), config())).isEmpty();

    float[] other = embedding.clone();
    other[other.length - 1] += 1e-3f;
    write(Map.of("lm_head.weight", other));
    assertThat(config().shape().tiedHead()).isFalse();
    assertThat(ModelNotes.of(opened(), config())).singleElement().asString().contains("head");
  }

  /** As transformers: what is tied may be stored under either name. */
  @Test
  void shouldTakeATiedEmbeddingUnderTheHeadsName() throws IOException {
    config("tie_word_embeddings", true);
    Checkpoint whole = LLAMA.checkpoint();
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : whole.names()) {
      if (!name.equals("model.embed_tokens.weight")) {
        writer.add(whole, whole.entry(name));
      }
    }
    writer.write(folder.resolve("model.safetensors"));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, opened(), Precision.FLOAT32)) {
      assertThat(decoder.shape().tiedHead()).isTrue();
      assertThat(decoder.embedding().toFloatArray()).isEqualTo(whole.readFloats("lm_head.weight"));
    }
  }

  @ParameterizedTest
  @CsvSource({"F32,FLOAT32", "F32,BFLOAT16", "F16,FLOAT32", "BF16,BFLOAT16"})
  void shouldRefuseWhatIsNoNumberWithItsPlace(StorageType type, Precision precision)
      throws IOException {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      for (String name :
          new String[] {
            "model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight", "model.norm.weight"
          }) {
        TensorEntry entry = damaged(name, type, value);
        boolean vector = entry.shape().length == 1;
        for (WeightForm form : ProcessorForms.of(precision, WeightForm.PLAIN, WeightForm.PACKED)) {
          LlmException failure = failure(precision, form);
          assertThat(failure.code()).isEqualTo("checkpoint_not_finite");
          assertThat(failure)
              .hasMessageContaining(
                  "model.safetensors: tensor %s has %s at %s"
                      .formatted(
                          name,
                          Float.isNaN(value) ? "NaN" : "Infinity",
                          vector ? "[5]" : "[2, 5]"));
        }
      }
    }
  }

  /** Numbers whose sum is none are numbers. */
  @Test
  void shouldTakeLargeNumbers() throws IOException {
    float[] large = LLAMA.checkpoint().readFloats("model.embed_tokens.weight");
    Arrays.fill(large, 3e38f);
    write(Map.of("model.embed_tokens.weight", large));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, opened(), Precision.FLOAT32)) {
      assertThat(decoder.embedding().toFloatArray()).isEqualTo(large);
    }
  }

  /** A scale of a block that is no number makes 32 weights so. */
  @ParameterizedTest
  @EnumSource(
      value = StorageType.class,
      names = {"Q8_0", "Q4_0", "Q4_1"})
  void shouldRefuseABlocksScaleThatIsNoNumber(StorageType type) throws IOException {
    Path file = BlockModel.write(folder.resolve("blocks"), type);
    TensorEntry entry = Checkpoint.open(file).entry("model.layers.0.mlp.down_proj.weight");
    assertThat(entry.type()).isEqualTo(type);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer half = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
      half.putShort(0, (short) 0x7E00);
      // The third row's second block.
      channel.write(half, entry.offset() + type.bytes(2 * entry.rowElements() + 32));
    }
    for (WeightForm form : ProcessorForms.of(Precision.BFLOAT16, WeightForm.values())) {
      if (form == WeightForm.FOUR_BIT && type == StorageType.Q8_0) {
        continue;
      }
      LlmException failure =
          catchThrowableOfType(
              LlmException.class,
              () -> {
                try (NDManager root = NDManager.newBaseManager("PyTorch")) {
                  DecoderFiles.load(root, Checkpoint.open(file), Precision.BFLOAT16, form).close();
                }
              });
      assertThat(failure).as(form.toString()).isNotNull();
      assertThat(failure.code()).isEqualTo("checkpoint_not_finite");
      assertThat(failure)
          .hasMessageContaining("tensor model.layers.0.mlp.down_proj.weight has NaN")
          .hasMessageContaining(
              switch (form) {
                case FOUR_BIT -> "row 2";
                case NF4, NF4_DOUBLE -> "[2, 32]"; // quantized while it is read, up to there
                default -> "[2, 32] and 31 more";
              });
    }
  }

  private LlmException failure(Precision precision, WeightForm form) {
    return catchThrowableOfType(
        LlmException.class,
        () -> {
          try (NDManager root = NDManager.newBaseManager("PyTorch")) {
            DecoderFiles.load(root, opened(), precision, form).close();
          }
        });
  }

  /** The fixture in a type, one number of one tensor replaced. */
  private TensorEntry damaged(String damaged, StorageType type, float value) throws IOException {
    Checkpoint whole = LLAMA.checkpoint();
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : whole.names()) {
      TensorEntry entry = whole.entry(name);
      float[] values = whole.readFloats(name);
      if (name.equals(damaged)) {
        values[(entry.shape().length == 1 ? 0 : 2 * (int) entry.rowElements()) + 5] = value;
      }
      writer.add(name, type, entry.shape(), encoded(type, values));
    }
    writer.write(folder.resolve("model.safetensors"));
    Files.copy(
        LLAMA.folder().resolve("config.json"),
        folder.resolve("config.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    return opened().entry(damaged);
  }

  private static ByteBuffer encoded(StorageType type, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (type) {
        case F32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        default -> bytes.putShort(half(value));
      }
    }
    return bytes.flip();
  }

  /** Truncated to half precision; subnormal numbers become zero. */
  private static short half(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    if (!Float.isFinite(value)) {
      return (short) (sign | 0x7C00 | (Float.isNaN(value) ? 0x200 : 0));
    }
    int exponent = (bits >>> 23 & 0xFF) - 127 + 15;
    return (short) (exponent <= 0 ? sign : sign | exponent << 10 | bits >>> 13 & 0x3FF);
  }

  /** The fixture with more tensors, or others in place of its own. */
  private void write(Map<String, float[]> changed) throws IOException {
    Checkpoint whole = LLAMA.checkpoint();
    Map<String, float[]> rest = new TreeMap<>(changed);
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : whole.names()) {
      float[] values = rest.remove(name);
      long[] shape = whole.entry(name).shape();
      writer.add(name, values == null ? whole.readFloats(name) : values, shape);
    }
    rest.forEach((name, values) -> writer.add(name, values, values.length));
    writer.write(folder.resolve("model.safetensors"));
    if (!Files.exists(folder.resolve("config.json"))) {
      Files.copy(LLAMA.folder().resolve("config.json"), folder.resolve("config.json"));
    }
  }

  private void config(String field, boolean value) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(LLAMA.folder().resolve("config.json").toFile());
    json.put(field, value);
    mapper.writeValue(folder.resolve("config.json").toFile(), json);
  }

  private Checkpoint opened() {
    return Checkpoint.open(folder);
  }

  private DecoderConfig config() {
    return DecoderFiles.config(opened());
  }
}
