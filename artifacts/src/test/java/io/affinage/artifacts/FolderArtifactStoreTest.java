package io.affinage.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderArtifactStoreTest {
  private static final String ABC_HEX =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  private static final String ABC = "sha256:" + ABC_HEX;

  @TempDir Path root;

  private FolderArtifactStore open() throws IOException {
    return new FolderArtifactStore(root);
  }

  private static ByteArrayInputStream abc() {
    return new ByteArrayInputStream("abc".getBytes(UTF_8));
  }

  private Path blob() {
    return root.resolve("blobs/sha256/ba").resolve(ABC_HEX.substring(2));
  }

  private void damage() throws IOException {
    Files.setPosixFilePermissions(blob(), PosixFilePermissions.fromString("rw-------"));
    Files.writeString(blob(), "abd");
  }

  @Test
  void shouldLayBlobsOutAsDocumented() throws IOException {
    open().put(abc());

    assertThat(blob()).hasContent("abc");
    assertThat(root.resolve("tmp")).isEmptyDirectory();
  }

  /** Files of both sides of the buffer's size, twice each, and one that was there before. */
  @Test
  void shouldStoreAFolderOfEqualAndKnownFilesOnce(@TempDir Path folder) throws IOException {
    FolderArtifactStore store = open();
    store.put(abc());
    FileTime before = Files.getLastModifiedTime(blob());
    byte[] large = new byte[(1 << 20) + 1];
    byte[] exact = new byte[1 << 20];
    for (String twin : new String[] {"1", "2"}) {
      Files.writeString(folder.resolve("abc" + twin), "abc");
      Files.write(folder.resolve("empty" + twin), new byte[0]);
      Files.write(folder.resolve("large" + twin), large);
      Files.write(folder.resolve("exact" + twin), exact);
    }

    String digest = store.putFolder(folder).digest();

    Path view = open().localFolder(digest);
    assertThat(view.resolve("large2")).hasBinaryContent(large);
    assertThat(view.resolve("exact1")).hasBinaryContent(exact);
    assertThat(view.resolve("abc2")).hasContent("abc");
    assertThat(Files.getLastModifiedTime(blob())).isEqualTo(before);
    assertThat(root.resolve("tmp")).isEmptyDirectory();
    try (Stream<Path> blobs = Files.walk(root.resolve("blobs"))) {
      // abc, nothing, large, exact and the manifest
      assertThat(blobs.filter(Files::isRegularFile)).hasSize(5);
    }
  }

  @Test
  void shouldNameADamagedBlob() throws IOException {
    open().put(abc());
    damage();

    FolderArtifactStore store = open();

    assertThatThrownBy(() -> store.open(ABC))
        .hasMessageContaining(ABC)
        .hasMessageContaining(blob().toString())
        .asInstanceOf(type(ArtifactStoreException.class))
        .extracting(ArtifactStoreException::code)
        .isEqualTo("artifact_corrupt");
  }

  @Test
  void shouldNoticeDamageThatHappensAfterTheFirstUse() throws IOException {
    FolderArtifactStore store = open();
    store.put(abc());
    store.localFile(ABC);
    damage();
    Files.setLastModifiedTime(blob(), FileTime.from(Instant.EPOCH));

    assertThatThrownBy(() -> store.localFile(ABC)).hasMessageContaining("damaged");
  }

  @Test
  void shouldRepairADamagedBlobWhenItsContentIsStoredAgain() throws IOException {
    open().put(abc());
    damage();

    FolderArtifactStore store = open();
    store.put(abc());

    assertThat(store.localFile(ABC)).hasContent("abc");
  }

  @Test
  void shouldLinkFoldersAndRebuildADamagedOne() throws IOException {
    Path source = Files.createDirectory(root.resolve("source"));
    Files.writeString(source.resolve("a"), "abc");
    String digest = open().putFolder(source).digest();
    Path view = open().localFolder(digest);
    assertThat(Files.isSameFile(view.resolve("a"), blob())).isTrue();

    Files.delete(view.resolve("a"));
    Files.writeString(view.resolve("a"), "abd");
    assertThat(open().localFolder(digest)).isEqualTo(view);
    assertThat(view.resolve("a")).hasContent("abc");

    Files.writeString(view.resolve("b"), "foreign");
    open().localFolder(digest);
    assertThat(view.resolve("b")).doesNotExist();
    assertThat(root.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void shouldLeaveNothingBehindWhenTheSourceFails() throws IOException {
    assertThatThrownBy(() -> open().putFile(root.resolve("absent")))
        .isInstanceOf(java.nio.file.NoSuchFileException.class);

    try (Stream<Path> below = Files.walk(root)) {
      assertThat(below.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void shouldSweepWhatAKilledProcessLeftADayAgo() throws IOException {
    Path old = root.resolve("tmp/old");
    Path fresh = root.resolve("tmp/fresh");
    Files.createDirectories(old.resolve("folder"));
    Files.createDirectories(fresh);
    Files.setLastModifiedTime(
        old, FileTime.from(Instant.now().minus(java.time.Duration.ofDays(2))));

    open().put(abc());

    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
  }

  @Test
  void shouldRefuseALocationThatIsNoFolder() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "");

    assertThatThrownBy(() -> ArtifactStores.open(file.toString()))
        .hasMessageContaining(file.toString())
        .asInstanceOf(type(ArtifactStoreException.class))
        .extracting(ArtifactStoreException::code)
        .isEqualTo("artifact_store_location_invalid");
    assertThatThrownBy(() -> ArtifactStores.open("ftp://host/store"))
        .hasMessageContaining("ftp://host/store")
        .isInstanceOf(ArtifactStoreException.class);
    assertThatThrownBy(() -> ArtifactStores.open(" ")).isInstanceOf(ArtifactStoreException.class);
  }

  @Test
  void shouldOpenAFileUri() throws IOException {
    ArtifactStores.open(root.toUri().toString()).put(abc());

    assertThat(blob()).exists();
  }

  /** What is stored again while a sweep goes on is young, and stays. */
  @Test
  void shouldKeepWhatIsStoredAgain(@TempDir Path folder) throws IOException {
    FolderArtifactStore store = new FolderArtifactStore(folder);
    String digest = store.put(new ByteArrayInputStream(new byte[] {1, 2})).digest();
    Path blob = store.localFile(digest);
    Files.setLastModifiedTime(blob, FileTime.from(Instant.now().minus(Duration.ofDays(3))));
    Instant before = Instant.now().minus(Duration.ofDays(1));
    assertThat(Sweep.of(store, List.of(), before, true).removed()).hasSize(1);

    new FolderArtifactStore(folder).put(new ByteArrayInputStream(new byte[] {1, 2}));

    assertThat(store.remove(digest, before)).isFalse();
    assertThat(Sweep.of(store, List.of(), before, false).removed()).isEmpty();
    assertThat(store.open(digest)).hasBinaryContent(new byte[] {1, 2});
  }
}
