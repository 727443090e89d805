package io.affinage.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WorkFolderTest {

  @Test
  void shouldBeNewAndClosedToOthers() throws IOException {
    Path one = WorkFolder.of(Optional.empty(), "affinage-test");
    Path other = WorkFolder.of(Optional.empty(), "affinage-test");

    assertThat(one).isEmptyDirectory().isNotEqualTo(other);
    assumeThat(Files.getFileStore(one).supportsFileAttributeView("posix")).isTrue();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
        .isEqualTo("rwx------");
  }

  @Test
  void shouldBeWhatTheUserSays() {
    assertThat(WorkFolder.of(Optional.of(Path.of("here")), "x")).isEqualTo(Path.of("here"));
  }
}
