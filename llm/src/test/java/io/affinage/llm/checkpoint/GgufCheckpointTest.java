package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.error.LlmException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.OptionalInt;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class GgufCheckpointTest {

  private final Checkpoint tiny = Checkpoint.open(Fixtures.fixture("tiny.gguf"));

  @Test
  void shouldReadEveryTensorInHuggingFacesLayoutAsTheReferenceDoes() {
    requireGolden(tiny, Fixtures.json("tiny-golden.json"));
    assertThat(tiny.names()).hasSize(Fixtures.json("tiny-golden.json").size());
  }

  @Test
  void shouldReadTheRealModelAsTheReferenceDoes() {
    Checkpoint real = Checkpoint.open(Fixtures.shared("models/smollm2-135m-instruct"));
    assertThat(real.names()).hasSize(272);
    requireGolden(real, Fixtures.json("smollm2-golden.json"));
    assertThat(real.config().json().toString())
        .isEqualTo(
            "{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"vocab_size\":49152,"
                + "\"max_position_embeddings\":8192,\"hidden_size\":576,\"num_hidden_layers\":30,"
                + "\"intermediate_size\":1536,\"num_attention_heads\":9,\"num_key_value_heads\":3,\"head_dim\":64,"
                + "\"rms_norm_eps\":1.0E-5,\"rope_theta\":100000.0,\"hidden_act\":\"silu\","
                + "\"attention_bias\":false,\"mlp_bias\":false,\"tie_word_embeddings\":true,"
                + "\"torch_dtype\":\"float32\",\"bos_token_id\":1,\"eos_token_id\":2,\"pad_token_id\":2}");
    GgufTokenizer tokenizer = real.tokenizer().orElseThrow();
    assertThat(tokenizer.tokens())
        .hasSize(49152)
        .startsWith("<|endoftext|>", "<|im_start|>", "<|im_end|>");
    assertThat(tokenizer.merges()).hasSize(48900).startsWith("Ġ t");
    assertThat(tokenizer.chatTemplate().orElseThrow()).contains("<|im_start|>");
  }

  @Test
  void shouldSayTheConfigurationInHuggingFacesTerms() {
    ModelMetadata config = tiny.config();
    assertThat(config.architectures()).containsExactly("LlamaForCausalLM");
    assertThat(config.text("model_type")).isEqualTo("llama");
    assertThat(config.positive("num_key_value_heads")).isEqualTo(2);
    assertThat(config.positive("head_dim")).isEqualTo(16);
    assertThat(config.positive("vocab_size")).isEqualTo(40);
    assertThat(config.number("rope_theta", 0)).isEqualTo(12345.0);
    assertThat(config.number("rms_norm_eps", 0)).isEqualTo(1e-5);
    assertThat(config.flag("tie_word_embeddings", false)).isTrue();
  }

  @Test
  void shouldReadMetadataOfEveryType() {
    GgufFile file = GgufFile.open(Fixtures.fixture("tiny.gguf"));
    var integers =
        Map.of(
            "uint8", 200L,
            "int8", -7L,
            "uint16", 60000L,
            "int16", -300L,
            "uint32", 4000000000L,
            "int32", -70000L,
            "uint64", Long.MAX_VALUE,
            "int64", -(1L << 40));
    integers.forEach(
        (type, value) ->
            assertThat(file.require("test." + type).asLong()).as(type).isEqualTo(value));
    assertThat(file.require("test.float32").asDouble()).isEqualTo(0.1);
    assertThat(file.require("test.float64").asDouble()).isEqualTo(0.1);
    assertThat(file.require("test.bool").asBoolean()).isTrue();
    assertThat(file.require("test.string").asText()).isEqualTo("Grüße ▁ 🙂");
    assertThat(file.require("test.array.int").asLongs()).containsExactly(1, -2, 3);
    assertThat(file.require("test.array.float").asFloats()).containsExactly(0.5f, -1.5f);
    assertThat(file.require("test.array.bool").size()).isEqualTo(2);
    assertThat(file.require("test.array.nested").size()).isEqualTo(2);
    assertThatThrownBy(() -> file.require("test.string").asLong())
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("test.string must be a whole number, but is Grüße");
    assertThatThrownBy(() -> file.require("test.absent"))
        .hasMessageContaining("test.absent is missing");
  }

  @Test
  void shouldReadTheTokenizer() {
    GgufTokenizer tokenizer = tiny.tokenizer().orElseThrow();
    assertThat(tokenizer.model()).isEqualTo("gpt2");
    assertThat(tokenizer.pre()).contains("smollm");
    assertThat(tokenizer.tokens()).hasSize(40).startsWith("t0", "t1").endsWith("Ġé");
    assertThat(tokenizer.tokenTypes()).hasSize(40).startsWith(3, 3, 1);
    assertThat(tokenizer.merges()).containsExactly("t 0", "t 1");
    assertThat(tokenizer.scores()).isEmpty();
    assertThat(tokenizer.bosTokenId()).isEqualTo(OptionalInt.of(0));
    assertThat(tokenizer.eosTokenId()).isEqualTo(OptionalInt.of(1));
    assertThat(tokenizer.paddingTokenId()).isEmpty();
    assertThat(tokenizer.addBosToken()).contains(true);
    assertThat(tokenizer.addSpacePrefix()).isEmpty();
    assertThat(tokenizer.chatTemplate())
        .contains("{% for message in messages %}{{ message.content }}{% endfor %}");
  }

  @Test
  void shouldGiveQuantizedRowsAndTheirOrderRaw() {
    TensorEntry query = tiny.entry("model.layers.1.self_attn.q_proj.weight");
    assertThat(query.type()).isEqualTo(StorageType.Q4_1);
    assertThat(query.rowOrder()).isEqualTo(new RowOrder.RotaryPairs(16));
    int rowBytes = (int) query.type().bytes(query.rowElements());
    float[] whole = tiny.readFloats(query.name());
    for (int row = 0; row < query.rows(); row++) {
      ByteBuffer stored =
          tiny.bytes(query, ((RowOrder.Rows) query.rowOrder()).storedRow(row) * rowBytes, rowBytes);
      var blocks = new byte[rowBytes];
      stored.get(blocks);
      var values = new float[64];
      BlockDecoder.of(query.type()).orElseThrow().decode(blocks, 0, values, 0, 2);
      assertThat(values).isEqualTo(java.util.Arrays.copyOfRange(whole, row * 64, row * 64 + 64));
    }
  }

  @Test
  void shouldReadRowsIntoDirectBuffersOfAnyOrder() {
    for (String name :
        new String[] {"model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight"}) {
      float[] whole = tiny.readFloats(name);
      for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
        FloatBuffer part = ByteBuffer.allocateDirect(4 * (7 * 64 + 5)).order(order).asFloatBuffer();
        part.position(5);
        tiny.readRows(tiny.entry(name), 11, 7, part);
        assertThat(part.position()).isEqualTo(5 + 7 * 64);
        for (int i = 0; i < 7 * 64; i++) {
          assertThat(part.get(5 + i)).isEqualTo(whole[11 * 64 + i]);
        }
      }
    }
  }

  @Test
  void shouldNameATensorThatIsNotThere() {
    assertThatThrownBy(() -> tiny.entry("lm_head.weight"))
        .asInstanceOf(InstanceOfAssertFactories.type(LlmException.class))
        .satisfies(
            e -> {
              assertThat(e.code()).isEqualTo("checkpoint_tensor_missing");
              assertThat(e).hasMessageContaining("tiny.gguf has no tensor lm_head.weight");
            });
  }

  private static void requireGolden(Checkpoint checkpoint, JsonNode golden) {
    golden
        .properties()
        .forEach(
            field -> {
              TensorEntry entry = checkpoint.entry(field.getKey());
              var shape = new java.util.ArrayList<Long>();
              field.getValue().get("shape").forEach(size -> shape.add(size.longValue()));
              assertThat(entry.shape())
                  .as(field.getKey())
                  .containsExactly(shape.toArray(Long[]::new));
              float[] values = checkpoint.readFloats(field.getKey());
              assertThat(values[0])
                  .as(field.getKey())
                  .isEqualTo(field.getValue().get("first").get(0).floatValue());
              assertThat(Fixtures.sha256(values))
                  .as(field.getKey())
                  .isEqualTo(field.getValue().get("sha256").textValue());
            });
  }
}
