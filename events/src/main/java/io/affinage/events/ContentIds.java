package io.affinage.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ids that follow from content: SHA-256 of canonical JSON (keys sorted, no white space, nulls left
 * out), cut to 20 hexadecimal digits (80 bits).
 */
public final class ContentIds {
  private static final int DIGITS = 20;

  private ContentIds() {}

  /**
   * The id of a training job: of everything asked except the caller's labels, so asking twice
   * trains once.
   */
  public static String jobId(
      String baseModel,
      @Nullable ArtifactRef dataset,
      @Nullable String datasetSubmissionId,
      TrainingSpec spec,
      @Nullable String suffix,
      @Nullable RoutingSlip slip) {
    return "ftjob-"
        + of(
            "training",
            baseModel,
            dataset == null ? null : dataset.digest(),
            // A submission stands for its dataset only as long as that is not known.
            dataset == null ? datasetSubmissionId : null,
            spec,
            suffix,
            slip);
  }

  /**
   * The id of an evaluation of a model on a dataset.
   *
   * @param compare as in {@link EvaluationRequested#compare()}
   */
  public static String evaluationId(
      String modelId,
      ArtifactRef dataset,
      EvaluationSpec spec,
      @Nullable RoutingSlip slip,
      @Nullable Map<String, String> compare) {
    return "eval-"
        + (compare == null
            // As before there were any, so that ids stay as they are.
            ? of("evaluation", modelId, dataset.digest(), spec, slip)
            : of("evaluation", modelId, dataset.digest(), spec, slip, compare));
  }

  /**
   * 20 hexadecimal digits that follow from the parts and their order.
   *
   * @param parts anything that Jackson writes; null parts count
   */
  public static String of(@Nullable Object... parts) {
    return digest(canonicalJson(Arrays.asList(parts))).substring(0, DIGITS);
  }

  /** The canonical JSON of a value. */
  public static String canonicalJson(@Nullable Object value) {
    try {
      // Through a tree, so that maps, records and JSON inside them are all sorted alike.
      JsonNode tree = EventJson.shared().valueToTree(value);
      return EventJson.canonicalMapper().writeValueAsString(tree);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new EventException("invalid_event_data", "not writable as JSON: " + e.getMessage(), e);
    }
  }

  private static String digest(String text) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
