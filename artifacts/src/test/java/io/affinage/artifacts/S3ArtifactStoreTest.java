package io.affinage.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

class S3ArtifactStoreTest {
  private static final String ABC_HEX =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  private static final String ABC = "sha256:" + ABC_HEX;
  private static final long SMALLEST_PART = 5 << 20;

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

  private final String prefix = UUID.randomUUID().toString();

  private S3ArtifactStore open(Path cache) throws IOException {
    return new S3ArtifactStore(s3.client(), LocalS3.BUCKET, prefix, cache, SMALLEST_PART);
  }

  private S3ArtifactStore open() throws IOException {
    return open(temporary.resolve(UUID.randomUUID().toString()));
  }

  private String abcKey() {
    return prefix + "/blobs/sha256/ba/" + ABC_HEX.substring(2);
  }

  private static ByteArrayInputStream abc() {
    return new ByteArrayInputStream("abc".getBytes(UTF_8));
  }

  /** With the views of folders; but for what was stored just now, which others may be sending. */
  @Test
  void shouldSweepItsCacheOfWhatTheBucketHasNoMore() throws IOException {
    Path cache = temporary.resolve("swept");
    S3ArtifactStore store = open(cache);
    Files.createDirectories(temporary.resolve("folders/kept"));
    Files.createDirectories(temporary.resolve("folders/dropped"));
    Files.writeString(temporary.resolve("folders/kept/file"), "kept");
    Files.writeString(temporary.resolve("folders/dropped/file"), "dropped");
    String kept = store.putFolder(temporary.resolve("folders/kept")).digest();
    String dropped = store.putFolder(temporary.resolve("folders/dropped")).digest();
    Path keptView = store.localFolder(kept);
    Path droppedView = store.localFolder(dropped);
    Instant later = Instant.now().plus(Duration.ofMinutes(1));

    assertThat(Sweep.of(store, List.of(kept), later, false).removed()).hasSize(2);
    assertThat(droppedView).exists();

    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(2)));
    try (Stream<Path> files = Files.walk(cache.resolve("blobs"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(file, old);
      }
    }
    assertThat(Sweep.of(store, List.of(kept), later, true).removed()).isEmpty();
    assertThat(droppedView).exists();
    assertThat(Sweep.of(store, List.of(kept), later, false).removed()).isEmpty();

    assertThat(droppedView).doesNotExist();
    assertThat(keptView.resolve("file")).hasContent("kept");
    try (Stream<Path> files = Files.walk(cache.resolve("blobs"))) {
      assertThat(files.filter(Files::isRegularFile)).hasSize(2);
    }
  }

  @Test
  void shouldSendALargeFileInParts() throws IOException {
    byte[] content = new byte[(int) (2 * SMALLEST_PART + 12_345)];
    new Random(3).nextBytes(content);
    Path file = Files.write(temporary.resolve("large"), content);

    Artifact stored = open().putFile(file);

    assertThat(open().localFile(stored.digest())).hasBinaryContent(content);
    try (S3Client client = s3.client()) {
      String key = prefix + "/blobs/sha256/" + Digest.parse(stored.digest()).fileName();
      assertThat(client.headObject(head -> head.bucket(LocalS3.BUCKET).key(key)).eTag())
          .as("a multipart upload's tag ends in its number of parts")
          .endsWith("-3\"");
    }
  }

  @Test
  void shouldLayObjectsOutAsDocumented() throws IOException {
    open().put(abc());

    try (S3Client client = s3.client()) {
      assertThat(
              client
                  .getObjectAsBytes(get -> get.bucket(LocalS3.BUCKET).key(abcKey()))
                  .asUtf8String())
          .isEqualTo("abc");
    }
  }

  @Test
  void shouldNameADamagedObjectAndRepairATruncatedOne() throws IOException {
    try (S3Client client = s3.client()) {
      client.putObject(
          put -> put.bucket(LocalS3.BUCKET).key(abcKey()), RequestBody.fromString("ab"));
    }

    assertThatThrownBy(() -> open().open(ABC))
        .hasMessageContaining(ABC)
        .hasMessageContaining("s3://affinage/" + abcKey())
        .asInstanceOf(type(ArtifactStoreException.class))
        .extracting(ArtifactStoreException::code)
        .isEqualTo("artifact_corrupt");

    open().put(abc());
    assertThat(open().localFile(ABC)).hasContent("abc");
  }

  @Test
  void shouldFetchAgainWhatIsDamagedInItsCache() throws IOException {
    Path cache = temporary.resolve("cache");
    Path cached = open(cache).localFile(open(cache).put(abc()).digest());
    Files.setPosixFilePermissions(cached, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(cached, "abd");

    assertThat(open(cache).localFile(ABC)).hasContent("abc");
  }

  @Test
  void shouldSayThatTheBucketIsMissing() throws IOException {
    ArtifactStore store =
        new S3ArtifactStore(s3.endpoint(), "absent-bucket", "", temporary.resolve("cache"));

    assertThatThrownBy(() -> store.put(abc()))
        .hasMessageContaining("absent-bucket")
        .asInstanceOf(type(ArtifactStoreException.class))
        .extracting(ArtifactStoreException::code)
        .isEqualTo("artifact_store_location_invalid");
  }

  @Test
  void shouldSayThatTheCredentialsAreRefused() throws IOException {
    S3Client stranger =
        S3Client.builder()
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .endpointOverride(s3.endpoint().endpoint().orElseThrow())
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test-identity", "x")))
            .build();
    try (S3ArtifactStore store =
        new S3ArtifactStore(
            stranger, LocalS3.BUCKET, prefix, temporary.resolve("cache"), SMALLEST_PART)) {
      assertThatThrownBy(() -> store.put(abc()))
          .asInstanceOf(type(ArtifactStoreException.class))
          .extracting(ArtifactStoreException::code)
          .isEqualTo("artifact_store_denied");
    }
  }

  @Test
  void shouldSayThatNobodyAnswers() throws IOException {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    S3Endpoint nobody =
        new S3Endpoint(Optional.of(URI.create("http://127.0.0.1:" + port)), Optional.empty(), true);

    assertThatThrownBy(
            () ->
                new S3ArtifactStore(nobody, LocalS3.BUCKET, "", temporary.resolve("cache"))
                    .put(abc()))
        .asInstanceOf(type(ArtifactStoreException.class))
        .extracting(ArtifactStoreException::code)
        .isEqualTo("artifact_store_unavailable");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3:///prefix",
        "s3://bucket/?region",
        "s3://bucket/?pathstyle=true",
        "s3://bucket/?pathStyle=yes",
        "s3://bucket/?endpoint=minio",
        "s3://key:secret@bucket/",
        "s3://bucket/with space"
      })
  void shouldRefuseALocationThatItDoesNotUnderstand(String location) {
    assertThatThrownBy(() -> ArtifactStores.open(location))
        .hasMessageContaining(location)
        .asInstanceOf(type(ArtifactStoreException.class))
        .extracting(ArtifactStoreException::code)
        .isEqualTo("artifact_store_location_invalid");
  }

  @Test
  void shouldReadEveryOptionOfALocation() throws IOException {
    assertThat(
            S3Location.parse(
                "s3://bucket/a/b/?endpoint=http://minio:9000&region=eu-1&pathStyle=true&cache=/c"))
        .isEqualTo(
            new S3Location(
                "bucket",
                "a/b",
                new S3Endpoint(
                    Optional.of(URI.create("http://minio:9000")), Optional.of("eu-1"), true),
                Path.of("/c")));
  }
}
