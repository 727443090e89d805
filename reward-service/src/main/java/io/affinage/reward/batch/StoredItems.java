package io.affinage.reward.batch;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.events.EventJson;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.reward.BatchStore;
import io.affinage.reward.scoring.InvalidRewardException;
import java.io.IOException;
import java.util.List;

/** Requests whose items lie in the artifact store, and answers that a record does not hold. */
public final class StoredItems {
  private static final JsonMapper JSON = EventJson.mapper();

  private final BatchStore store;

  public StoredItems(BatchStore store) {
    this.store = store;
  }

  /**
   * The request with its items in itself.
   *
   * @throws InvalidRewardException {@code batch_not_found}, {@code invalid_batch}
   * @throws UnavailableException {@code store_unavailable}
   */
  public RewardRequested whole(RewardRequested request) {
    if (request.itemsArtifact() == null) {
      return request;
    }
    if (request.items() != null && !request.items().isEmpty()) {
      throw invalid("the request has items beside those in the artifact store; give one of them");
    }
    byte[] content;
    try {
      content = store.get(request.itemsArtifact());
    } catch (ArtifactNotFoundException e) {
      throw new InvalidRewardException("batch_not_found", e.getMessage(), "itemsArtifact");
    } catch (IOException e) {
      throw unavailable(e);
    }
    try {
      return request.with(
          JSON.readValue(content, new TypeReference<List<RewardRequested.Item>>() {}));
    } catch (JsonProcessingException e) {
      // Where, not what: the file may be anybody's.
      JsonLocation at = e.getLocation();
      throw invalid(
          "the file is no JSON array of items, see line %d, column %d"
              .formatted(at == null ? 1 : at.getLineNr(), at == null ? 1 : at.getColumnNr()));
    } catch (IOException e) {
      throw invalid("the file is no JSON array of items");
    }
  }

  private static InvalidRewardException invalid(String why) {
    return new InvalidRewardException("invalid_batch", why, "itemsArtifact");
  }

  private static UnavailableException unavailable(IOException e) {
    return new UnavailableException(
        "store_unavailable",
        "a batch cannot be kept or read in the artifact store: " + e.getMessage(),
        e);
  }

  /**
   * The answer with its scores in the store. The same scores are the same file.
   *
   * @throws UnavailableException {@code store_unavailable}
   */
  public RewardScored stored(RewardScored scored) {
    try {
      return new RewardScored(
          scored.requestId(),
          List.of(),
          scored.error(),
          store.put(JSON.writeValueAsBytes(scored.scores())));
    } catch (IOException e) {
      throw unavailable(e);
    }
  }
}
