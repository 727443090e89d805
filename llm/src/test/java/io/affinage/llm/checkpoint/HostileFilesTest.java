package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files that lie about themselves end in an error with a code and the file's name, and never in a
 * large allocation.
 */
class HostileFilesTest {

  private static final Pattern CODE = Pattern.compile("(checkpoint|config|model)_[a-z_]+");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|8|ok|",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|7|checkpoint_truncated|tensor a ends at offset 8 of the data",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|9|checkpoint_header_invalid|1 bytes at the end",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}|8|checkpoint_header_invalid|needs 12 bytes, but has 8",
        "{'a':{'dtype':'Q9','shape':[2],'data_offsets':[0,8]}}|8|checkpoint_dtype_unsupported|dtype Q9",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}|8|checkpoint_header_invalid|before it begins",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}|8|checkpoint_header_invalid|overlap",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[1],'data_offsets':[8,12]}}|12|checkpoint_header_invalid|gaps",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}|8|checkpoint_header_invalid|uplicate",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}}|8|checkpoint_header_invalid|impossible shape",
        "{'a':{'dtype':'F64','shape':[2305843009213693952],'data_offsets':[0,0]}}|0|checkpoint_header_invalid|impossible shape",
        "{'a':{'dtype':'F32','shape':[9223372036854775808],'data_offsets':[0,8]}}|8|checkpoint_header_invalid|whole number",
        "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}|8|checkpoint_header_invalid|whole number",
        "{'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}}|8|checkpoint_header_invalid|whole number",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8,9]}}|8|checkpoint_header_invalid|more than 2",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0]}}|8|checkpoint_header_invalid|data_offsets",
        "{'a':{'dtype':'F32','shape':[2]}}|8|checkpoint_header_invalid|data_offsets",
        "{'a':{'shape':[2],'data_offsets':[0,8]}}|8|checkpoint_header_invalid|no dtype",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'x':1}}|8|checkpoint_header_invalid|unknown field x",
        "{'a':7}|0|checkpoint_header_invalid|not an object",
        "{'__metadata__':{'format':1}}|0|checkpoint_header_invalid|not a text",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}|8|checkpoint_header_invalid|JSON",
        "[1]|0|checkpoint_header_invalid|does not start with",
        "{} {}|0|checkpoint_header_invalid|more than one",
        "{}|0|ok|",
      })
  void shouldJudgeSafetensorsHeaders(String header, int dataBytes, String code, String message)
      throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.write(file, safetensors(header.replace('\'', '"'), dataBytes));
    requireOutcome(file, code, message);
  }

  @Test
  void shouldJudgeSafetensorsHeaderLengths() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.write(file, new byte[0]);
    requireOutcome(file, "checkpoint_truncated", "0 bytes");
    Files.write(file, new byte[] {1, 2, 3});
    requireOutcome(file, "checkpoint_truncated", "3 bytes");
    for (long length : new long[] {0, -1, Long.MAX_VALUE, 100_000_001, Long.MIN_VALUE}) {
      ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      Files.write(file, bytes.array());
      requireOutcome(file, "checkpoint_header_invalid", Long.toUnsignedString(length));
    }
    Files.write(file, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 9).array());
    requireOutcome(file, "checkpoint_truncated", "only 8 follow");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'weight_map':{'a':'../outside.safetensors'}}|checkpoint_index_invalid|plain .safetensors file name",
        "{'weight_map':{'a':'/etc/outside.safetensors'}}|checkpoint_index_invalid|plain .safetensors file name",
        "{'weight_map':{'a':'sub/outside.safetensors'}}|checkpoint_index_invalid|plain .safetensors file name",
        "{'weight_map':{'a':'..\\\\outside.safetensors'}}|checkpoint_index_invalid|plain .safetensors file name",
        "{'weight_map':{'a':'.safetensors'}}|checkpoint_index_invalid|plain .safetensors file name",
        "{'weight_map':{'a':7}}|checkpoint_index_invalid|plain .safetensors file name",
        "{'weight_map':{}}|checkpoint_index_invalid|weight_map",
        "{'weight_map':[]}|checkpoint_index_invalid|weight_map",
        "[]|checkpoint_index_invalid|JSON object",
        "{|checkpoint_index_invalid|JSON",
        "{'weight_map':{'a':'gone.safetensors'}}|checkpoint_shard_missing|gone.safetensors",
        "{'weight_map':{'a':'shard.safetensors'}}|ok|",
        "{'weight_map':{'a':'shard.safetensors','b':'shard.safetensors'}}|checkpoint_index_invalid|tensor b is in shard",
        "{'weight_map':{'a':'shard.safetensors','b':'other.safetensors'}}|checkpoint_index_invalid|in both",
        "{'weight_map':{'b':'third.safetensors'}}|checkpoint_index_invalid|does not list tensor c",
      })
  void shouldJudgeShardIndexes(String index, String code, String message) throws IOException {
    Files.write(folder.resolve("outside.safetensors"), safetensors("{}", 0));
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.write(
        model.resolve("shard.safetensors"),
        safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8));
    Files.write(
        model.resolve("other.safetensors"),
        safetensors(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
            2));
    Files.write(
        model.resolve("third.safetensors"),
        safetensors(
            "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"c\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
            2));
    Files.writeString(model.resolve("model.safetensors.index.json"), index.replace('\'', '"'));
    requireOutcome(model, code, message);
  }

  @Test
  void shouldSayWhatAFolderLacks() throws IOException {
    requireOutcome(folder.resolve("absent"), "checkpoint_missing", "does not exist");
    requireOutcome(folder, "checkpoint_missing", "holds no file");
    Files.writeString(folder.resolve("pytorch_model.bin"), "");
    requireOutcome(folder, "checkpoint_wrong_file", "pickles are not read");
    Files.copy(Fixtures.fixture("tiny.gguf"), folder.resolve("one.gguf"));
    requireOutcome(folder, "ok", "");
    Files.copy(Fixtures.fixture("tiny.gguf"), folder.resolve("two.GGUF"));
    requireOutcome(folder, "checkpoint_ambiguous", "one.gguf, two.GGUF");
    requireOutcome(
        Files.writeString(folder.resolve("notes.txt"), ""), "checkpoint_wrong_file", "neither");
    requireOutcome(
        Files.writeString(folder.resolve("empty.gguf"), ""), "checkpoint_truncated", "0 bytes");
    requireOutcome(
        Files.writeString(folder.resolve("text.gguf"), "This is no model at all."),
        "checkpoint_header_invalid",
        "magic");
  }

  @Test
  void shouldRefuseOtherArchitecturesPlainly() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.fixture("tiny.gguf"));
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("llama");
    System.arraycopy("mamba".getBytes(StandardCharsets.US_ASCII), 0, bytes, at, 5);
    Path file = Files.write(folder.resolve("mamba.gguf"), bytes);
    requireOutcome(
        file, "model_architecture_unsupported", "mamba is not supported; supported are: llama");
  }

  @Test
  void shouldRefuseGgufOfOtherVersionsAndByteOrder() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.fixture("tiny.gguf"));
    Path file = folder.resolve("model.gguf");
    bytes[4] = 1;
    requireOutcome(
        Files.write(file, bytes), "checkpoint_header_invalid", "version 1; supported are 2 and 3");
    bytes[4] = 0;
    bytes[7] = 3;
    requireOutcome(Files.write(file, bytes), "checkpoint_header_invalid", "big-endian");
  }

  @Test
  void shouldNoticeEveryTruncation() throws IOException {
    for (String name : new String[] {"tiny.gguf", "plain.safetensors"}) {
      byte[] whole = Files.readAllBytes(Fixtures.fixture(name));
      Path file = folder.resolve(name);
      for (int length = 0; length < whole.length; length += length < 4000 ? 7 : 97) {
        byte[] cut = Arrays.copyOf(whole, length);
        Throwable failure = catchThrowable(() -> open(file, cut));
        assertThat(failure).as("%s cut to %d bytes", name, length).isInstanceOf(LlmException.class);
        assertThat(((LlmException) failure).code()).isEqualTo("checkpoint_truncated");
      }
    }
  }

  /**
   * Seeded mutations of a header: flipped bits, random bytes, extreme 64-bit numbers, moved pieces.
   * Opening must succeed or fail with a code; what opens must be readable in full without touching
   * anything outside the file.
   */
  @ParameterizedTest
  @CsvSource({"tiny.gguf, 5000", "plain.safetensors, 5000", "dequantized.safetensors, 2000"})
  void shouldSurviveMutations(String name, int rounds) throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.fixture(name));
    int header =
        name.endsWith(".gguf")
            ? 6200
            : (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong() + 8;
    var random = new Random(7);
    int opened = 0;
    int refused = 0;
    Path file = folder.resolve(name);
    for (int round = 0; round < rounds; round++) {
      byte[] mutated = whole.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        mutate(mutated, Math.min(header, mutated.length), random);
      }
      try {
        Checkpoint checkpoint = open(file, mutated);
        for (String tensor : checkpoint.names()) {
          TensorEntry entry = checkpoint.entry(tensor);
          if (entry.type().isReadableAsFloat()) {
            checkpoint.readFloats(tensor);
          } else {
            checkpoint.bytes(entry);
          }
        }
        checkpoint.tokenizer();
        opened++;
      } catch (LlmException e) {
        assertThat(e.code()).matches(CODE);
        assertThat(e).hasMessageContaining(name);
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("round " + round + " of " + name, e);
      }
    }
    assertThat(opened).as("some mutations are harmless").isPositive();
    assertThat(refused).as("most are not").isGreaterThan(rounds / 4);
  }

  private static Checkpoint open(Path name, byte[] content) {
    MappedFile file = MappedFile.of(name, content);
    return name.toString().endsWith(".gguf")
        ? new GgufCheckpoint(GgufFile.read(file))
        : SafetensorsCheckpoint.of(SafetensorsFile.read(file));
  }

  private static void mutate(byte[] bytes, int header, Random random) {
    int at = random.nextInt(header);
    switch (random.nextInt(5)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt();
      case 2 -> bytes[at] = (byte) "0123456789{}[],:\"-".charAt(random.nextInt(18));
      case 3 -> {
        long[] extremes = {
          -1, 0, 1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, 1L << 32, 1L << 61, 255
        };
        if (at + 8 <= header) {
          ByteBuffer.wrap(bytes)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(at, extremes[random.nextInt(extremes.length)]);
        }
      }
      default -> {
        int from = random.nextInt(header);
        int length = Math.min(random.nextInt(64), header - Math.max(at, from));
        System.arraycopy(bytes, from, bytes, at, length);
      }
    }
  }

  private static byte[] safetensors(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  private static void requireOutcome(Path path, String code, String message) {
    Throwable failure = catchThrowable(() -> Checkpoint.open(path));
    if (code.equals("ok")) {
      assertThat(failure).isNull();
      return;
    }
    assertThat(failure).isInstanceOf(LlmException.class).hasMessageContaining(message);
    assertThat(((LlmException) failure).code()).isEqualTo(code);
  }
}
