package io.affinage.dataset.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.dataset.SharedData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8Test {
  @Test
  void shouldAgreeWithTheJdkOnEverySequenceOfTwoBytesAndOnRandomOnes() {
    byte[] two = new byte[2];
    for (int i = 0; i < 1 << 16; i++) {
      two[0] = (byte) (i >> 8);
      two[1] = (byte) i;
      assertAgrees(two);
    }
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(24)];
      for (int k = 0; k < bytes.length; k++) {
        int kind = random.nextInt(4);
        bytes[k] =
            (byte)
                (kind == 0
                    ? random.nextInt(128)
                    : kind == 1
                        ? 0xE0 + random.nextInt(32)
                        : kind == 2 ? 0x80 + random.nextInt(64) : random.nextInt(256));
      }
      assertAgrees(bytes);
    }
  }

  @Test
  void shouldAgreeWithTheJdkOnHostileFiles() throws IOException {
    for (Path file :
        new Path[] {
          SharedData.folder("adv-utf8-test").resolve("UTF-8-test.txt"),
          SharedData.folder("adv-utf8-vectors").resolve("utf8tests.bin")
        }) {
      byte[] all = Files.readAllBytes(file);
      int bad = 0;
      int start = 0;
      for (int i = 0; i < all.length; i++) {
        if (all[i] == '\n') {
          byte[] line = java.util.Arrays.copyOfRange(all, start, i);
          assertAgrees(line);
          bad += Utf8.firstMalformed(line, 0, line.length) >= 0 ? 1 : 0;
          start = i + 1;
        }
      }
      assertThat(bad).isGreaterThan(10);
    }
  }

  private static void assertAgrees(byte[] bytes) {
    boolean wellFormed;
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      wellFormed = true;
    } catch (CharacterCodingException e) {
      wellFormed = false;
    }
    if ((Utf8.firstMalformed(bytes, 0, bytes.length) < 0) != wellFormed) {
      assertThat(bytes).as("well-formed: " + wellFormed).isEmpty();
    }
  }
}
