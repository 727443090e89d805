package io.affinage.dataset.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetRejected;
import io.affinage.events.ErrorDetail;
import io.affinage.events.FileUploaded;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CatalogTest {
  private final AtomicLong now = new AtomicLong(1_000);
  private final Catalog catalog = new Catalog(() -> Instant.ofEpochSecond(now.get()));

  @Test
  void shouldForgetAFileAndItsDatasetOnceItHasExpired() {
    catalog.apply(file("file-kept", null), Instant.EPOCH);
    catalog.apply(file("file-1", 2_000L), Instant.EPOCH);
    catalog.apply(
        new DatasetRejected("file-1", "a", new ErrorDetail("invalid", "x", null), null),
        Instant.EPOCH);

    now.set(1_999);
    assertThat(catalog.files()).hasSize(2);
    assertThat(catalog.dataset("file-1")).isPresent();
    assertThat(catalog.expiredFiles()).isEmpty();

    now.set(2_000);
    assertThat(catalog.file("file-1")).isEmpty();
    assertThat(catalog.files()).extracting(FileUploaded::fileId).containsExactly("file-kept");
    assertThat(catalog.dataset("file-1")).isEmpty();
    assertThat(catalog.datasets()).isEmpty();
    assertThat(catalog.expiredFiles()).extracting(FileUploaded::fileId).containsExactly("file-1");
  }

  private static FileUploaded file(String id, Long expiresAt) {
    ArtifactRef artifact = new ArtifactRef("sha256:" + "1a".repeat(32), ArtifactRef.Kind.FILE, 1);
    return new FileUploaded(id, "a.jsonl", "fine-tune", artifact, 1_000, expiresAt);
  }
}
