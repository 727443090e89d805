package io.affinage.dataset.submission;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.artifacts.ArtifactFault;
import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.dataset.ingest.StorageException;
import io.affinage.events.ErrorDetail;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class FaultsTest {

  @Test
  void shouldWaitForTheStoreAndTheDiskOnly() {
    ArtifactStoreException full =
        new ArtifactStoreException(ArtifactFault.ARTIFACT_STORE_FULL, "full");
    assertWaits(full, "artifact_store_full");
    assertWaits(new StorageException("not stored", full), "artifact_store_full");
    assertWaits(new StorageException("no room", new IOException("no space")), "storage_failed");
    assertEnds(new IOException("malformed block"), "source_unreadable");
    assertEnds(new ArtifactNotFoundException("sha256:0"), "artifact_not_found");
    assertEnds(
        new ArtifactStoreException(ArtifactFault.ARTIFACT_CORRUPT, "damaged"), "artifact_corrupt");
  }

  @Test
  void shouldTakeAgainWhatWasRefusedForNoFaultOfItsOwn() {
    assertThat(Faults.mayPass(new ErrorDetail("storage_failed", "", null))).isTrue();
    assertThat(Faults.mayPass(new ErrorDetail("work_failed", "", null))).isTrue();
    assertThat(Faults.mayPass(new ErrorDetail("service_died", "", null))).isTrue();
    assertThat(Faults.mayPass(new ErrorDetail("no_usable_rows", "", null))).isFalse();
    assertThat(Faults.mayPass(new ErrorDetail("artifact_corrupt", "", null))).isFalse();
  }

  private static void assertWaits(IOException e, String code) {
    ErrorDetail error = Faults.of(e);
    assertThat(error.code()).isEqualTo(code);
    assertThat(Faults.isOfTheStore(error)).isTrue();
  }

  private static void assertEnds(IOException e, String code) {
    ErrorDetail error = Faults.of(e);
    assertThat(error.code()).isEqualTo(code);
    assertThat(Faults.isOfTheStore(error)).isFalse();
  }
}
