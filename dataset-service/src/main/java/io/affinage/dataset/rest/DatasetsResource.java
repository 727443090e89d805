package io.affinage.dataset.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.dataset.catalog.Catalog;
import io.affinage.dataset.catalog.DatasetEntry;
import io.affinage.service.http.Roles;
import io.affinage.service.rest.ApiException;
import io.affinage.service.rest.Page;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
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
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Datasets, their reports and the rows set aside. */
@Path("/v1/datasets")
@Tag(name = "datasets", description = "Dataset versions and why rows or datasets were refused")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class DatasetsResource {
  private static final int MAX_PAGE = 1_000;
  private static final int DEFAULT_ROWS = 100;

  private final ArtifactStore store;
  private final Catalog catalog;
  private final ObjectMapper json;

  DatasetsResource(ArtifactStore store, Catalog catalog, ObjectMapper json) {
    this.store = store;
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
