package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.error.FileKind;
import io.affinage.llm.error.LlmException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that people have in place of the ones that are needed, and the words that they meet. */
class WrongFilesTest {
  private static final String POINTER =
      "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 123456\n"
          .formatted("ab".repeat(32));
  private static final String PAGE = "<!DOCTYPE html>\n<html><body>Sign in</body></html>";
  private static final String TOKENIZER =
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}}";

  @TempDir Path folder;
  private Path model;

  /** A sound folder, of which tests replace a file. */
  @BeforeEach
  void copy() throws IOException {
    model = Files.createDirectories(folder.resolve("model"));
    Path fixture = FamilyFixture.named("llama3-rope").folder();
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(fixture.resolve(file), model.resolve(file));
    }
    Files.writeString(model.resolve("tokenizer.json"), TOKENIZER);
  }

  /** Each file of a model, replaced by each wrong one. */
  static Stream<List<Object>> replacements() throws IOException {
    Map<String, byte[]> wrong =
        Map.of(
            "Git LFS pointer", POINTER.getBytes(StandardCharsets.UTF_8),
            "web page (HTML)", PAGE.getBytes(StandardCharsets.UTF_8),
            "zip archive", zip(),
            "Python pickle", new byte[] {(byte) 0x80, 2, '}', 'q', 0, '.', 0, 0, 0, 0},
            "gzip archive", gzip(),
            "GGUF file",
                Files.readAllBytes(FamilyFixture.named("qwen2").folder().resolve("model.gguf")));
    return Stream.of("model.safetensors", "config.json", "tokenizer.json")
        .flatMap(
            file ->
                wrong.entrySet().stream()
                    .map(each -> List.<Object>of(file, each.getKey(), each.getValue())));
  }

  @ParameterizedTest
  @MethodSource("replacements")
  void shouldSayWhatLiesInAFilesPlace(List<Object> replacement) throws IOException {
    Path file = model.resolve((String) replacement.get(0));
    Files.write(file, (byte[]) replacement.get(2));
    assertThat(failure(model)).hasMessageContaining(file + " is a " + replacement.get(1));
  }

  @Test
  void shouldTakeTheFolderAsItIs() {
    assertThat(ModelHeader.read(model).architecture()).isEqualTo("LlamaForCausalLM");
  }

  @Test
  void shouldSayThatAFileHasAnothersName() throws IOException {
    Path gguf = FamilyFixture.named("qwen2").folder().resolve("model.gguf");
    Path renamed = folder.resolve("renamed.safetensors");
    Files.copy(gguf, renamed);
    assertThat(failure(renamed)).hasMessageContaining("is a GGUF file: its name must end in .gguf");
    Path reverse = folder.resolve("renamed.gguf");
    Files.copy(model.resolve("model.safetensors"), reverse);
    assertThat(failure(reverse)).hasMessageContaining("is a safetensors file: its name must end");
  }

  @Test
  void shouldNotOpenWhatIsNoModel() throws IOException {
    assertFailure(folder.resolve("nowhere"), "checkpoint_missing", "does not exist");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertFailure(empty, "checkpoint_missing", "holds no file");
    Files.writeString(empty.resolve("README.md"), "x");
    assertFailure(empty, "checkpoint_missing", "but README.md");
    Files.write(empty.resolve("pytorch_model.bin"), zip());
    assertFailure(empty, "checkpoint_wrong_file", "pytorch_model.bin is a zip archive");
    assertFailure(
        empty.resolve("pytorch_model.bin"), "checkpoint_wrong_file", "pickles are not read");
    Path cache = Files.createDirectories(folder.resolve("models--a--b").resolve("snapshots"));
    assertFailure(cache.getParent(), "checkpoint_missing", "one of the folders in its snapshots");
    Path adapter = FamilyFixture.named("llama3-rope").adapter();
    assertFailure(adapter, "checkpoint_is_adapter", "is an adapter");
    Path archive = folder.resolve("model.zip");
    Files.write(archive, zip());
    assertFailure(archive, "checkpoint_wrong_file", "is a zip archive");
    Path packed = folder.resolve("model.tar.gz");
    Files.write(packed, gzip());
    assertFailure(packed, "checkpoint_wrong_file", "gzip archive: unpack it");
  }

  @Test
  void shouldNameFilesThatAreCutOff() throws IOException {
    byte[] whole = Files.readAllBytes(model.resolve("model.safetensors"));
    byte[] gguf = Files.readAllBytes(FamilyFixture.named("qwen2").folder().resolve("model.gguf"));
    for (int percent : new int[] {0, 1, 10, 50, 99}) {
      Path file = model.resolve("model.safetensors");
      Files.write(file, java.util.Arrays.copyOf(whole, whole.length * percent / 100));
      assertThat(failure(model)).hasMessageContaining("cut off").hasMessageContaining("" + file);
      Path cut = folder.resolve("cut.gguf");
      Files.write(cut, java.util.Arrays.copyOf(gguf, gguf.length * percent / 100));
      assertThat(failure(cut)).hasMessageContaining("" + cut);
    }
  }

  @Test
  void shouldRefuseAPickledAdapter() throws IOException {
    Path adapter = Files.createDirectories(folder.resolve("adapter"));
    FamilyFixture family = FamilyFixture.named("llama3-rope");
    Files.copy(
        family.adapter().resolve("adapter_config.json"), adapter.resolve("adapter_config.json"));
    Files.write(adapter.resolve("adapter_model.bin"), zip());
    try (var root = ai.djl.ndarray.NDManager.newBaseManager("PyTorch");
        var decoder =
            io.affinage.llm.model.DecoderFiles.load(
                root, family.checkpoint(), io.affinage.llm.tensor.Precision.FLOAT32)) {
      LlmException failure =
          catchThrowableOfType(LlmException.class, () -> PeftFolder.load(decoder, adapter));
      assertThat(failure).hasMessageContaining("adapter_model.bin is a PyTorch pickle");
    }
  }

  /** Text that was not fetched would otherwise be taken as a template, and rendered. */
  @Test
  void shouldRefuseATemplateThatWasNotFetched() throws IOException {
    Files.writeString(model.resolve("chat_template.jinja"), POINTER);
    assertThat(failure(model)).hasMessageContaining("chat_template.jinja is a Git LFS pointer");
  }

  @Test
  void shouldTellThatNoTemplateIsTheDefault() throws IOException {
    Files.writeString(
        model.resolve("tokenizer_config.json"),
        "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"x\"}, {\"name\": \"tool_use\", \"template\": \"y\"}]}");
    assertThat(ModelHeader.read(model).hasChatTemplate()).isFalse();
    try (LanguageModel opened =
        LanguageModel.open(model, io.affinage.llm.tensor.Compute.of("cpu", "float32"))) {
      assertThat(opened.chatTemplate()).isEmpty();
      assertThat(opened.notes())
          .singleElement()
          .asString()
          .contains("chat templates (rag, tool_use), but none is called default");
    }
    Files.writeString(model.resolve("chat_template.jinja"), "{{ messages }}");
    assertThat(ModelHeader.read(model).hasChatTemplate()).isTrue();
  }

  /** Lengths of headers that begin as another format does. */
  @Test
  void shouldKnowSafetensorsWhateverTheLengthOfItsHeader() {
    for (int length : new int[] {0x80 | 2 << 8, 0x1f | 0x8b << 8, '{', '<', 'P' | 'K' << 8}) {
      byte[] head = new byte[32];
      head[0] = (byte) length;
      head[1] = (byte) (length >> 8);
      head[8] = '{';
      assertThat(FileKind.of(head)).isEqualTo(FileKind.SAFETENSORS);
    }
  }

  private static LlmException failure(Path path) {
    LlmException failure = catchThrowableOfType(LlmException.class, () -> ModelHeader.read(path));
    assertThat(failure).as(path.toString()).isNotNull();
    return failure;
  }

  private static void assertFailure(Path path, String code, String message) {
    LlmException failure = failure(path);
    assertThat(failure).hasMessageContaining(path.toString()).hasMessageContaining(message);
    assertThat(failure.code()).isEqualTo(code);
  }

  private static byte[] zip() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("archive/data.pkl"));
      zip.write(new byte[] {(byte) 0x80, 2});
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write("x".repeat(100).getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
