package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {

  @TempDir Path folder;

  @Test
  void shouldWriteTheBytesOfTheReference() throws IOException {
    Path reference = Fixtures.fixture("plain.safetensors");
    Checkpoint checkpoint = Checkpoint.open(reference);
    var writer = new SafetensorsWriter().metadata("note", "made by the reference");
    checkpoint.names().forEach(name -> writer.add(checkpoint, checkpoint.entry(name)));
    Path copy = folder.resolve("copy.safetensors");
    writer.write(copy);
    assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(reference));
  }

  @Test
  void shouldReadBackWhatItWrote() {
    float[] values = new float[200_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 0.37f;
    }
    Path file = folder.resolve("new/adapter_model.safetensors");
    new SafetensorsWriter()
        .add("b.lora_A.weight", values, 400, 500)
        .add(
            "a\"quoted\"é", StorageType.BF16, new long[] {1}, ByteBuffer.wrap(new byte[] {0, 0x40}))
        .write(file);
    Checkpoint read = Checkpoint.open(file);
    assertThat(read.readFloats("b.lora_A.weight")).isEqualTo(values);
    assertThat(read.readFloats("a\"quoted\"é")).containsExactly(2f);
    assertThat(read.entry("b.lora_A.weight").offset() % 8).isZero();
  }

  @Test
  void shouldShardBySizeWithAnIndex() throws IOException {
    var writer = new SafetensorsWriter();
    for (int i = 0; i < 5; i++) {
      writer.add("tensor" + i, new float[] {i, i + 0.5f}, 2);
    }
    writer.add("large", new float[100], 10, 10);
    List<Path> files = writer.writeFolder(folder, 16);
    assertThat(files.stream().map(file -> file.getFileName().toString()))
        .containsExactly(
            "model-00001-of-00004.safetensors",
            "model-00002-of-00004.safetensors",
            "model-00003-of-00004.safetensors",
            "model-00004-of-00004.safetensors",
            "model.safetensors.index.json");
    assertThat(Files.readString(files.get(4))).contains("\"total_size\" : 440");
    Checkpoint read = Checkpoint.open(folder);
    assertThat(read.names()).hasSize(6);
    assertThat(read.files()).hasSize(4);
    assertThat(read.readFloats("tensor4")).containsExactly(4f, 4.5f);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).hasSize(5);
    }
  }

  @Test
  void shouldWriteOneFileWhereAllFits() {
    assertThat(new SafetensorsWriter().add("t", new float[] {1}, 1).writeFolder(folder, 4))
        .containsExactly(folder.resolve("model.safetensors"));
  }

  @Test
  void shouldLeaveNothingWhenATensorGivesTooFewBytes() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.writeString(file, "the earlier file");
    var writer = new SafetensorsWriter().add("t", new float[] {1}, 2);
    assertThatThrownBy(() -> writer.write(file))
        .asInstanceOf(InstanceOfAssertFactories.type(LlmException.class))
        .satisfies(
            e -> {
              assertThat(e.code()).isEqualTo("checkpoint_tensor_incomplete");
              assertThat(e)
                  .hasMessageContaining("tensor t of F32 [2] needs 8 bytes, but 4 were given");
            });
    assertThat(Files.readString(file)).isEqualTo("the earlier file");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(file);
    }
  }

  @Test
  void shouldSayThatAPlaceCannotBeWritten() throws IOException {
    Path blocked = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> new SafetensorsWriter().write(blocked.resolve("model.safetensors")))
        .asInstanceOf(InstanceOfAssertFactories.type(LlmException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo("checkpoint_not_written"));
  }
}
