package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.llm.error.LlmException;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class SafetensorsCheckpointTest {

  private final Checkpoint plain = Checkpoint.open(Fixtures.fixture("plain.safetensors"));

  @Test
  void shouldReadPlainTypesOfAFileWrittenByTheReference() {
    assertThat(plain.names())
        .containsExactly("bf16", "bool", "empty", "f16", "f32", "f64", "i64", "scalar", "u8");
    assertThat(plain.readFloats("f32"))
        .containsExactly(1.5f, -2.25f, 3e-39f, Float.POSITIVE_INFINITY, 0.1f, -0.0f);
    assertThat(plain.readFloats("f16")).containsExactly(1f, -65504f, 0x1p-24f, 0x1.998p-4f);
    assertThat(plain.readFloats("bf16")[0]).isEqualTo(1f);
    assertThat(plain.readFloats("bf16")[3]).isEqualTo(0x1.9ap-4f);
    assertThat(plain.readFloats("f64")).containsExactly(0.1f, Float.POSITIVE_INFINITY);
    assertThat(plain.readFloats("scalar")).containsExactly(42f);
    assertThat(plain.readFloats("empty")).isEmpty();
    assertThat(plain.entry("scalar").shape()).isEmpty();
    assertThat(plain.entry("empty").shape()).containsExactly(0, 4);
    assertThat(plain.bytes(plain.entry("i64")).getLong(0)).isEqualTo(-(1L << 62));
    assertThat(plain.bytes(plain.entry("u8")).get(1)).isEqualTo((byte) 255);
    assertThat(plain.tokenizer()).isEmpty();
  }

  @Test
  void shouldRefuseToReadIntegersAsFloats() {
    assertThatThrownBy(() -> plain.readFloats("i64"))
        .asInstanceOf(InstanceOfAssertFactories.type(LlmException.class))
        .satisfies(
            e -> {
              assertThat(e.code()).isEqualTo("checkpoint_dtype_unsupported");
              assertThat(e)
                  .hasMessageContaining("tensor i64 is stored as I64")
                  .hasMessageContaining("BF16");
            });
  }

  @Test
  void shouldSayThatAFileWithoutConfigurationHasNone() {
    assertThatThrownBy(plain::config)
        .asInstanceOf(InstanceOfAssertFactories.type(LlmException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo("config_missing"));
  }

  @Test
  void shouldOpenTheRealFolder() {
    Checkpoint real = Checkpoint.open(Fixtures.shared("data/model-stories260k/hf"));
    assertThat(real.names()).hasSize(47);
    assertThat(real.config().positive("hidden_size")).isEqualTo(64);
    assertThat(Fixtures.sha256(real.readFloats("model.layers.0.self_attn.q_proj.weight")))
        .isEqualTo("ff1c6cf9be1df9fe87c52d1981efe447295cdfa58fc61ad2780c86c2bd5e9d14");
    assertThat(Fixtures.sha256(real.readFloats("model.norm.weight")))
        .isEqualTo("0e94e5b6ed76295de67218f03110c2ffaba21db46cc8a5ccd716bd8ebaf024f7");
  }
}
