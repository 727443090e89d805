package io.affinage.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store does, run on each kind of store. */
class ArtifactStoreContractTest {
  private static final String ABC =
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  private static LocalS3 s3;

  @TempDir Path temporary;

  @BeforeAll
  static void startS3() throws Exception {
    s3 = LocalS3.start();
  }

  @AfterAll
  static void stopS3() throws Exception {
    s3.stop();
  }

  static Stream<StoreKind> stores() {
    return Stream.of(StoreKind.folder(), StoreKind.s3(s3));
  }

  private ArtifactStore open(StoreKind kind) throws IOException {
    return kind.open(temporary.resolve("store"));
  }

  private static ByteArrayInputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  private Path write(String path, String text) throws IOException {
    Path file = temporary.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldNameContentByItsSha256(StoreKind kind) throws IOException {
    ArtifactStore store = open(kind);

    Artifact stored = store.put(bytes("abc"));

    assertThat(stored).isEqualTo(new Artifact(ABC, Artifact.Kind.FILE, 3));
    assertThat(store.has(ABC)).isTrue();
    try (InputStream content = store.open(ABC)) {
      assertThat(content.readAllBytes()).asString(UTF_8).isEqualTo("abc");
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldStoreEqualContentOnce(StoreKind kind) throws IOException {
    ArtifactStore store = open(kind);

    Artifact first = store.put(bytes("abc"));
    Artifact second = store.putFile(write("a.txt", "abc"));

    assertThat(second).isEqualTo(first);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldStoreAnEmptyFile(StoreKind kind) throws IOException {
    Artifact stored = open(kind).put(bytes(""));

    assertThat(stored.size()).isZero();
    assertThat(open(kind).localFile(stored.digest())).isEmptyFile();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldBeReadByAnotherInstance(StoreKind kind) throws IOException {
    byte[] content = new byte[5_000_000];
    new Random(1).nextBytes(content);
    Artifact stored = open(kind).put(new ByteArrayInputStream(content));

    ArtifactStore other = kind.open(temporary.resolve("store"));

    assertThat(other.has(stored.digest())).isTrue();
    assertThat(other.localFile(stored.digest())).hasBinaryContent(content);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldGiveFilesThatCanBeMappedAndNotWritten(StoreKind kind) throws IOException {
    Artifact stored = open(kind).put(bytes("abc"));

    Path file = open(kind).localFile(stored.digest());

    assertThat(Files.getPosixFilePermissions(file))
        .noneMatch(permission -> permission.name().endsWith("WRITE"));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      assertThat(channel.map(FileChannel.MapMode.READ_ONLY, 0, 3).get(1)).isEqualTo((byte) 'b');
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldKeepAFolderAndGiveItBack(StoreKind kind) throws IOException {
    write("model/config.json", "{}");
    write("model/shards/one", "1");
    write("model/shards/two", "22");

    Artifact stored = open(kind).putFolder(temporary.resolve("model"));
    ArtifactStore reader = kind.open(temporary.resolve("store"));
    Path folder = reader.localFolder(stored.digest());

    assertThat(stored.kind()).isEqualTo(Artifact.Kind.FOLDER);
    assertThat(stored.size()).isEqualTo(5);
    assertThat(reader.has(stored.digest())).isTrue();
    assertThat(folder.resolve("config.json")).hasContent("{}");
    assertThat(folder.resolve("shards/two")).hasContent("22");
    assertThat(Files.getPosixFilePermissions(folder.resolve("config.json")))
        .noneMatch(permission -> permission.name().endsWith("WRITE"));
    try (InputStream one = reader.open(stored.digest(), "shards/one")) {
      assertThat(one.readAllBytes()).asString(UTF_8).isEqualTo("1");
    }
    assertThat(reader.localFolder(stored.digest())).isEqualTo(folder);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldGiveEqualFoldersEqualDigests(StoreKind kind) throws IOException {
    write("one/b", "b");
    write("one/a/x", "x");
    write("two/a/x", "x");
    write("two/b", "b");
    ArtifactStore store = open(kind);

    assertThat(store.putFolder(temporary.resolve("one")))
        .isEqualTo(store.putFolder(temporary.resolve("two")));
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldSayWhatIsNotThere(StoreKind kind) throws IOException {
    ArtifactStore store = open(kind);
    write("folder/a", "a");
    String folder = store.putFolder(temporary.resolve("folder")).digest();

    assertThat(store.has(ABC)).isFalse();
    assertThatThrownBy(() -> store.open(ABC))
        .isInstanceOf(ArtifactNotFoundException.class)
        .hasMessageContaining(ABC);
    assertThatThrownBy(() -> store.localFile(ABC)).isInstanceOf(ArtifactNotFoundException.class);
    assertThatThrownBy(() -> store.localFolder(ABC)).isInstanceOf(ArtifactNotFoundException.class);
    assertThatThrownBy(() -> store.open(folder, "b"))
        .isInstanceOf(ArtifactNotFoundException.class)
        .hasMessageContaining("'b'");
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldRefuseAFileWhereAFolderIsNeeded(StoreKind kind) throws IOException {
    ArtifactStore store = open(kind);
    store.put(bytes("abc"));

    assertFault(ArtifactFault.ARTIFACT_NOT_A_FOLDER, () -> store.localFolder(ABC));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../etc/passwd",
        "sha256:../../../../etc/passwd",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "md5:abc",
        ""
      })
  void shouldRefuseWhatIsNoDigest(String digest) throws IOException {
    for (StoreKind kind : stores().toList()) {
      ArtifactStore store = open(kind);
      assertFault(ArtifactFault.ARTIFACT_DIGEST_INVALID, () -> store.open(digest));
      assertFault(ArtifactFault.ARTIFACT_DIGEST_INVALID, () -> store.has(digest));
      assertFault(ArtifactFault.ARTIFACT_DIGEST_INVALID, () -> store.localFolder(digest));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../escape",
        "a/../../escape",
        "/absolute",
        "a//b",
        "./a",
        "a/.",
        "..\\\\escape",
        "",
        "a\\u0000b"
      })
  void shouldRefusePathsThatLeaveTheirFolder(String path) throws IOException {
    for (StoreKind kind : stores().toList()) {
      ArtifactStore store = open(kind);
      store.put(bytes("abc"));
      Artifact hostile =
          store.put(
              bytes(
                  "{\"files\":[{\"path\":\""
                      + path
                      + "\",\"digest\":\""
                      + ABC
                      + "\",\"size\":3}]}"));

      assertFault(ArtifactFault.ARTIFACT_PATH_INVALID, () -> store.localFolder(hostile.digest()));
      assertThat(temporary.resolve("escape")).doesNotExist();
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldRefuseAManifestThatContradictsItself(StoreKind kind) throws IOException {
    ArtifactStore store = open(kind);
    String entry = "{\"path\":\"%s\",\"digest\":\"" + ABC + "\",\"size\":3}";
    Artifact twice =
        store.put(bytes("{\"files\":[" + entry.formatted("a") + "," + entry.formatted("a") + "]}"));
    Artifact below =
        store.put(
            bytes("{\"files\":[" + entry.formatted("a") + "," + entry.formatted("a/b") + "]}"));

    assertFault(ArtifactFault.ARTIFACT_PATH_INVALID, () -> store.localFolder(twice.digest()));
    assertFault(ArtifactFault.ARTIFACT_PATH_INVALID, () -> store.localFolder(below.digest()));
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldRefuseLinksOutOfAFolder(StoreKind kind) throws IOException {
    ArtifactStore store = open(kind);
    write("secret", "secret");
    write("folder/a", "a");
    Path folder = temporary.resolve("folder");

    Path link = Files.createSymbolicLink(folder.resolve("link"), temporary.resolve("secret"));
    assertFault(ArtifactFault.ARTIFACT_LINK_REFUSED, () -> store.putFolder(folder));

    Files.delete(link);
    Files.createSymbolicLink(link, temporary);
    assertFault(ArtifactFault.ARTIFACT_LINK_REFUSED, () -> store.putFolder(folder));

    Files.delete(link);
    Files.createSymbolicLink(link, folder);
    assertFault(ArtifactFault.ARTIFACT_LINK_REFUSED, () -> store.putFolder(folder));

    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("a"));
    assertThat(store.localFolder(store.putFolder(folder).digest()).resolve("link"))
        .hasContent("a")
        .isRegularFile();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldTakeTheSameContentFromSeveralWritersAtOnce(StoreKind kind) throws Exception {
    byte[] content = new byte[300_000];
    new Random(2).nextBytes(content);
    Path folder = temporary.resolve("folder");
    write("folder/one", "1");
    Files.write(folder.resolve("two"), content);
    Callable<String> writer =
        () -> {
          ArtifactStore store = open(kind);
          String digest = store.putFolder(folder).digest();
          assertThat(store.localFolder(digest).resolve("two")).hasBinaryContent(content);
          return digest;
        };

    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      var digests =
          threads.invokeAll(IntStream.range(0, 16).mapToObj(i -> writer).toList()).stream()
              .map(ArtifactStoreContractTest::join)
              .toList();
      assertThat(digests).hasSize(16).containsOnly(digests.get(0));
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldPassOnWhatTheSourceSays(StoreKind kind) throws IOException {
    ArtifactStore store = open(kind);
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("the network is down");
          }
        };

    assertThatThrownBy(() -> store.put(broken))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(ArtifactStoreException.class)
        .hasMessage("the network is down");
  }

  private static String join(Future<String> future) {
    try {
      return future.get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void assertFault(
      ArtifactFault fault, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(ArtifactStoreException.class))
        .extracting(ArtifactStoreException::fault)
        .isEqualTo(fault);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void shouldRemoveWhatNothingReaches(StoreKind kind) throws Exception {
    ArtifactStore store = open(kind);
    write("kept/shared.txt", "shared");
    write("kept/own.txt", "own");
    write("dropped/shared.txt", "shared");
    write("dropped/alone.txt", "alone");
    String kept = store.putFolder(temporary.resolve("kept")).digest();
    String dropped = store.putFolder(temporary.resolve("dropped")).digest();
    String alone = store.put(bytes("alone")).digest();
    String shared = store.put(bytes("shared")).digest();
    store.localFolder(kept);
    store.localFolder(dropped);

    Instant before = Instant.now().minus(Duration.ofDays(1));
    Sweep young = Sweep.of(store, List.of(kept), before, false);
    assertThat(young.removed()).isEmpty();
    assertThat(young.young()).isEqualTo(2);

    Instant later = Instant.now().plus(Duration.ofMinutes(1));
    Sweep dry = Sweep.of(store, List.of(kept), later, true);
    assertThat(dry.removed()).extracting(StoredBlob::digest).containsExactly(dropped, alone);
    assertThat(dry.bytes()).isGreaterThan(5);
    assertThat(store.has(alone)).isTrue();

    Sweep done = Sweep.of(store, List.of(kept), later, false);
    assertThat(done).isEqualTo(dry);
    ArtifactStore other = open(kind);
    assertThat(other.has(dropped)).isFalse();
    assertThat(other.has(alone)).isFalse();
    assertThat(other.has(shared)).isTrue();
    assertThat(other.localFolder(kept).resolve("shared.txt")).hasContent("shared");
    assertThatThrownBy(() -> other.localFolder(dropped))
        .isInstanceOf(ArtifactNotFoundException.class);

    store.putFolder(temporary.resolve("dropped"));
    assertThat(open(kind).localFolder(dropped).resolve("alone.txt")).hasContent("alone");
    assertThat(Sweep.of(open(kind), List.of(), later, false).reached()).isZero();
    assertThat(open(kind).has(kept)).isFalse();
  }
}
