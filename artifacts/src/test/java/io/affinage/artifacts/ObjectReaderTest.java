package io.affinage.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

class ObjectReaderTest {
  private static LocalS3 s3;

  @TempDir Path temporary;
  private Path allowed;

  @BeforeAll
  static void startS3() throws Exception {
    s3 = LocalS3.start();
    try (S3Client client = s3.client()) {
      client.putObject(
          put -> put.bucket(LocalS3.BUCKET).key("data/rows 1+%41.jsonl"),
          RequestBody.fromString("{}\n"));
    }
  }

  @AfterAll
  static void stopS3() throws Exception {
    s3.stop();
  }

  @BeforeEach
  void makeFiles() throws IOException {
    allowed = Files.createDirectory(temporary.resolve("allowed"));
    Files.writeString(temporary.resolve("secret"), "secret");
  }

  private ObjectReader reader(String... buckets) {
    return new ObjectReader(Optional.of(allowed), Set.of(buckets), s3.endpoint());
  }

  @Test
  void shouldReadAFile() throws IOException {
    Path file = Files.writeString(allowed.resolve("my rows.jsonl"), "{}\n");

    try (ObjectReader reader = reader();
        SourceObject source = reader.open(file.toUri().toString())) {
      assertThat(source.name()).isEqualTo("my rows.jsonl");
      assertThat(source.size()).isEqualTo(3);
      assertThat(source.content().readAllBytes()).asString(UTF_8).isEqualTo("{}\n");
    }
  }

  @Test
  void shouldReadAnObjectByItsLiteralKey() throws IOException {
    try (ObjectReader reader = reader(LocalS3.BUCKET);
        SourceObject source = reader.open("s3://affinage/data/rows 1+%41.jsonl")) {
      assertThat(source.name()).isEqualTo("rows 1+%41.jsonl");
      assertThat(source.size()).isEqualTo(3);
      assertThat(source.content().readAllBytes()).asString(UTF_8).isEqualTo("{}\n");
    }
  }

  @Test
  void shouldRefuseWhatLiesOutside() throws IOException {
    Files.createSymbolicLink(allowed.resolve("link"), temporary.resolve("secret"));

    assertFault(SourceFault.SOURCE_NOT_ALLOWED, temporary.resolve("secret").toUri().toString());
    assertFault(SourceFault.SOURCE_NOT_ALLOWED, temporary.resolve("absent").toUri().toString());
    assertFault(SourceFault.SOURCE_NOT_ALLOWED, allowed.toUri() + "../secret");
    assertFault(SourceFault.SOURCE_NOT_ALLOWED, allowed.toUri() + "%2e%2e/secret");
    assertFault(SourceFault.SOURCE_NOT_ALLOWED, allowed.toUri() + "link");
    assertFault(SourceFault.SOURCE_NOT_ALLOWED, "s3://affinage/data/rows 1+%41.jsonl");
  }

  @Test
  void shouldReadNoFileWhereNoFolderIsAllowed() {
    ObjectReader reader = new ObjectReader(Optional.empty(), Set.of("*"), s3.endpoint());

    assertThatThrownBy(() -> reader.open(temporary.resolve("secret").toUri().toString()))
        .hasMessageContaining("reads no local files");
  }

  @Test
  void shouldSayWhatIsMissing() throws IOException {
    assertFault(SourceFault.SOURCE_NOT_FOUND, allowed.resolve("absent").toUri().toString());
    assertFault(SourceFault.SOURCE_UNREADABLE, allowed.toUri().toString());
    try (ObjectReader reader = reader("*")) {
      assertThatThrownBy(() -> reader.open("s3://affinage/absent"))
          .hasMessageContaining("s3://affinage/absent")
          .asInstanceOf(type(SourceException.class))
          .extracting(SourceException::code)
          .isEqualTo("source_not_found");
      assertThatThrownBy(() -> reader.open("s3://absent-bucket/key"))
          .asInstanceOf(type(SourceException.class))
          .extracting(SourceException::code)
          .isEqualTo("source_not_found");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "rows.jsonl",
        "/etc/passwd",
        "http://host/rows",
        "s3://bucket",
        "s3://bucket/",
        "file:rows.jsonl",
        "file://host/rows",
        "file:/a b",
        "file:/a%00b",
        "jar:file:/x!/y"
      })
  void shouldRefuseWhatIsNoSource(String uri) {
    assertFault(SourceFault.SOURCE_URI_INVALID, uri);
  }

  private void assertFault(SourceFault fault, String uri) {
    assertThatThrownBy(() -> reader().open(uri))
        .hasMessageContaining(uri)
        .asInstanceOf(type(SourceException.class))
        .extracting(SourceException::fault)
        .isEqualTo(fault);
  }
}
