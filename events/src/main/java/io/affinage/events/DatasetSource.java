package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the rows of a submitted dataset are. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DatasetSource.Reference.class, name = "reference"),
  @JsonSubTypes.Type(value = DatasetSource.Stored.class, name = "stored"),
  @JsonSubTypes.Type(value = DatasetSource.Inline.class, name = "inline")
})
public sealed interface DatasetSource {

  /**
   * A file that the dataset service can reach.
   *
   * @param uri {@code file:} below a configured folder, or {@code s3://bucket/key}
   * @param columns renames from the file's column to the layout's, for example {@code utterance ->
   *     prompt}; null for none
   * @param constants columns of the layout that the file lacks and every row gets, for example
   *     {@code instruction} with the question that a classification asks; null for none
   */
  record Reference(
      String uri, @Nullable Map<String, String> columns, @Nullable Map<String, String> constants)
      implements DatasetSource {}

  /**
   * A file already in the artifact store, for example an upload.
   *
   * @param filename the original name, a hint for the format
   * @param columns as for {@link Reference}
   * @param constants as for {@link Reference}
   */
  record Stored(
      ArtifactRef artifact,
      @Nullable String filename,
      @Nullable Map<String, String> columns,
      @Nullable Map<String, String> constants)
      implements DatasetSource {}

  /** Rows inside the event itself; for small data (Kafka's record limit applies). */
  record Inline(List<JsonNode> rows) implements DatasetSource {}
}
