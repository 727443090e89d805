package io.affinage.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalKeyTest {
  @TempDir Path folder;

  @Test
  void shouldMakeAKeyOnceThatTheServicesKnowAsADigest() throws IOException {
    Home home = Home.at(folder.resolve("home"));
    LocalKey local = new LocalKey(home);
    assertThat(local.read()).isEmpty();

    local.ensure();
    String key = local.read().orElseThrow();
    String keys = Files.readString(home.keysFile());
    local.ensure();

    assertThat(key).hasSizeGreaterThan(40);
    assertThat(local.read()).contains(key);
    assertThat(keys).contains("local submit,train,serve,read sha256:").doesNotContain(key);
    assertThat(home.keysFile()).hasContent(keys);
  }

  @Test
  void shouldLeaveOtherKeysAloneWhenItMakesANewOne() throws IOException {
    Home home = Home.at(folder.resolve("home"));
    LocalKey local = new LocalKey(home);
    local.ensure();
    String key = local.read().orElseThrow();
    String before = Files.readString(home.keysFile());
    Files.writeString(home.keysFile(), before + "colleague read sha256:" + "ab".repeat(32) + "\n");

    local.rotate();

    assertThat(local.read()).isPresent().get().isNotEqualTo(key);
    assertThat(Files.readAllLines(home.keysFile()))
        .contains("colleague read sha256:" + "ab".repeat(32))
        .filteredOn(line -> line.startsWith("local "))
        .singleElement()
        .isNotEqualTo(before.lines().filter(line -> line.startsWith("local ")).findFirst().get());
  }

  @Test
  void shouldKeepOthersOut() throws IOException {
    assumeThat(Files.getFileStore(folder).supportsFileAttributeView("posix")).isTrue();
    Path open = Files.createDirectories(folder.resolve("home"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));

    Home home = Home.at(open);
    new LocalKey(home).ensure();

    assertThat(permissions(home.folder())).isEqualTo("rwx------");
    assertThat(permissions(home.keyFile())).isEqualTo("rw-------");
    assertThat(permissions(home.keysFile())).isEqualTo("rw-------");
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
