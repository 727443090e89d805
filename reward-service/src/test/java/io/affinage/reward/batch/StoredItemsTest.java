package io.affinage.reward.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.artifacts.ArtifactStores;
import io.affinage.events.ArtifactRef;
import io.affinage.events.EventJson;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.reward.BatchStore;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.service.store.StoredBatches;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredItemsTest {
  private static final List<RewardRequested.Item> ITEMS =
      List.of(
          new RewardRequested.Item("a", "who?", "the cat", "the cat"),
          new RewardRequested.Item("b", "who?", "\ud83d\ude00", null));

  @TempDir private Path folder;

  private BatchStore store;
  private StoredItems stored;

  @BeforeEach
  void open() throws IOException {
    store = new StoredBatches(ArtifactStores.open(folder.toString()));
    stored = new StoredItems(store);
  }

  private static RewardRequested request(List<RewardRequested.Item> items, ArtifactRef file) {
    return new RewardRequested("r", new RewardSpec.ExactMatch(false, false), items, null, file);
  }

  @Test
  void shouldReadItemsAndKeepScores() throws IOException {
    ArtifactRef file = store.put(EventJson.mapper().writeValueAsBytes(ITEMS));
    RewardRequested whole = stored.whole(request(List.of(), file));
    assertThat(whole.items()).isEqualTo(ITEMS);
    assertThat(whole.itemsArtifact()).isNull();
    assertThat(stored.whole(whole)).isSameAs(whole);

    RewardScored scored = new RequestScorer(10).score(whole);
    RewardScored kept = stored.stored(scored);
    assertThat(kept.scores()).isEmpty();
    assertThat(EventJson.mapper().readTree(store.get(kept.scoresArtifact())).at("/0/value"))
        .hasToString("1.0");
    assertThat(stored.stored(scored)).isEqualTo(kept);
  }

  @Test
  void shouldSayWhatIsWrongWithAFile() throws IOException {
    ArtifactRef file = store.put("{\"itemId\": 3}".getBytes(UTF_8));
    ArtifactRef gone = new ArtifactRef("sha256:" + "0".repeat(64), ArtifactRef.Kind.FILE, 10);
    assertRefused(request(List.of(), file), "invalid_batch");
    assertRefused(request(ITEMS, file), "invalid_batch");
    assertRefused(request(List.of(), gone), "batch_not_found");
  }

  private void assertRefused(RewardRequested request, String code) {
    assertThatThrownBy(() -> stored.whole(request))
        .isInstanceOfSatisfying(
            InvalidRewardException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void shouldTryAgainWhereTheStoreIsAway() {
    StoredItems away =
        new StoredItems(
            new BatchStore() {
              @Override
              public ArtifactRef put(byte[] content) throws IOException {
                throw new IOException("away");
              }

              @Override
              public byte[] get(ArtifactRef ref) throws IOException {
                throw new IOException("away");
              }
            });
    RewardRequested request =
        request(List.of(), new ArtifactRef("sha256:" + "0".repeat(64), ArtifactRef.Kind.FILE, 10));
    assertThatThrownBy(() -> away.whole(request)).isInstanceOf(UnavailableException.class);
    assertThatThrownBy(() -> away.stored(new RewardScored("r", List.of(), null)))
        .isInstanceOf(UnavailableException.class);
  }
}
