package io.affinage.dataset.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.dataset.catalog.Catalog;
import io.affinage.dataset.catalog.DatasetEntry;
import io.affinage.dataset.kafka.Uploads;
import io.affinage.dataset.submission.SubmissionHandler;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EventJson;
import io.affinage.events.FileUploaded;
import io.affinage.events.NameRule;
import io.affinage.service.http.Roles;
import io.affinage.service.rest.ApiException;
import io.affinage.service.rest.Page;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Datasets, their reports and the rows set aside. */
@Path("/v1/datasets")
@Tag(name = "datasets", description = "Dataset versions and why rows or datasets were refused")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class DatasetsResource {
  private static final int MAX_PAGE = 1_000;
  private static final int DEFAULT_ROWS = 100;

  /** A name that is not known is refused rather than passed over. */
  private static final ObjectMapper REQUEST =
      EventJson.mapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final ArtifactStore store;
  private final Catalog catalog;
  private final Uploads uploads;
  private final ObjectMapper json;

  DatasetsResource(ArtifactStore store, Catalog catalog, Uploads uploads, ObjectMapper json) {
    this.store = store;
    this.uploads = uploads;
    this.catalog = catalog;
    this.json = json;
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Operation(summary = "The datasets, the newest first")
  public Page<DatasetObject> list(
      @QueryParam("after") String after,
      @QueryParam("limit") Integer limit,
      @QueryParam("order") String order) {
    List<DatasetObject> all =
        catalog.datasets().stream().map(entry -> DatasetObject.of(entry, null)).toList();
    return Page.of(all, DatasetObject::id, new Page.Wish(after, limit, order), MAX_PAGE);
  }

  @RolesAllowed(Roles.SUBMIT)
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary =
          "Make a dataset of an uploaded file, with its columns, layout, encoding and the rest named; asking for the same again has no second effect")
  @RequestBody(
      required = true,
      content = @Content(schema = @Schema(implementation = DatasetRequest.class)))
  public DatasetObject submit(JsonNode body) throws JsonProcessingException {
    DatasetRequest asked = REQUEST.treeToValue(body, DatasetRequest.class);
    if (asked == null || asked.file() == null) {
      throw ApiException.invalid("missing_file", "name the id of an uploaded file", "file");
    }
    if (asked.name() != null && !NameRule.NAME.allows(asked.name())) {
      throw ApiException.invalid("invalid_name", "name must be " + NameRule.NAME.words(), "name");
    }
    FileUploaded file =
        catalog.file(asked.file()).orElseThrow(() -> ApiException.notFound("file", asked.file()));
    DatasetSubmitted submitted = asked.of(file);
    Optional<DatasetEntry> ended =
        catalog.dataset(submitted.submissionId()).filter(SubmissionHandler::settled);
    if (ended.isPresent()) {
      return DatasetObject.of(ended.get(), null);
    }
    uploads.submit(submitted);
    return DatasetObject.submitted(submitted, Instant.now().getEpochSecond());
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Path("/{id}")
  @Operation(summary = "One dataset with its report")
  public DatasetObject retrieve(@PathParam("id") String id) throws IOException {
    DatasetEntry entry = find(id);
    JsonNode report = null;
    if (entry instanceof DatasetEntry.Ready ready) {
      try (InputStream in = store.open(ready.data().dataset().digest(), "dataset.json")) {
        report = json.readTree(in);
      }
    }
    return DatasetObject.of(entry, report);
  }

  /**
   * @param after the row number behind which the page begins
   */
  @RolesAllowed(Roles.READ)
  @GET
  @Path("/{id}/quarantine")
  @Operation(summary = "The rows set aside, with line number and reason, in the file's order")
  public Page<JsonNode> quarantine(
      @PathParam("id") String id,
      @QueryParam("after") Long after,
      @QueryParam("limit") Integer limit)
      throws IOException {
    int most = limit == null ? DEFAULT_ROWS : limit;
    if (most < 1 || most > MAX_PAGE) {
      throw ApiException.invalid("invalid_limit", "limit must be from 1 to " + MAX_PAGE, "limit");
    }
    if (!(find(id) instanceof DatasetEntry.Ready ready)) {
      throw new ApiException(
          409, "dataset_rejected", "the dataset was rejected, so none of its rows was kept", "id");
    }
    List<JsonNode> rows =
        rows(ready.data().dataset().digest(), after == null ? 0 : after, most + 1);
    boolean more = rows.size() > most;
    List<JsonNode> page = more ? rows.subList(0, most) : rows;
    return new Page<>("list", page, number(page, 0), number(page, page.size() - 1), more);
  }

  private static String number(List<JsonNode> page, int index) {
    return page.isEmpty() ? null : page.get(index).path("row").asText();
  }

  private List<JsonNode> rows(String digest, long after, int most) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                store.open(digest, "quarantine.jsonl"), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine();
          line != null && rows.size() < most;
          line = lines.readLine()) {
        JsonNode row = json.readTree(line);
        if (row.path("row").asLong() > after) {
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private DatasetEntry find(String id) {
    return catalog.dataset(id).orElseThrow(() -> ApiException.notFound("dataset", id));
  }
}
