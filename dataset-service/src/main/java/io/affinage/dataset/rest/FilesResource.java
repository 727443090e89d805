package io.affinage.dataset.rest;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.dataset.catalog.Catalog;
import io.affinage.dataset.kafka.Uploads;
import io.affinage.dataset.submission.SubmissionHandler;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ContentIds;
import io.affinage.events.FileUploaded;
import io.affinage.service.http.Roles;
import io.affinage.service.rest.ApiException;
import io.affinage.service.rest.Download;
import io.affinage.service.rest.Page;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.server.multipart.MultipartFormDataInput;

/** OpenAI's files: an upload is ingested as a dataset, whose id is the file's. */
@Path("/v1/files")
@Tag(name = "files", description = "OpenAI-compatible files")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class FilesResource {
  private static final String PURPOSE = "fine-tune";
  private static final int MAX_PAGE = 10_000;

  private final ArtifactStore store;
  private final Catalog catalog;
  private final Uploads uploads;

  FilesResource(ArtifactStore store, Catalog catalog, Uploads uploads) {
    this.store = store;
    this.catalog = catalog;
    this.uploads = uploads;
  }

  @RolesAllowed(Roles.SUBMIT)
  @POST
  @Consumes(MediaType.MULTIPART_FORM_DATA)
  @Operation(summary = "Upload a file of training data; the same content and name is one file")
  @RequestBody(
      required = true,
      content =
          @Content(
              mediaType = MediaType.MULTIPART_FORM_DATA,
              schema = @Schema(implementation = UploadDocument.class)))
  public FileObject upload(MultipartFormDataInput input) throws IOException {
    UploadForm form = UploadForm.read(input);
    Artifact artifact = store.putFile(form.content());
    String id = "file-" + ContentIds.of(artifact.digest(), form.filename());
    long now = Instant.now().getEpochSecond();
    Optional<FileUploaded> before = catalog.file(id);
    FileUploaded uploaded =
        new FileUploaded(
            id,
            form.filename(),
            PURPOSE,
            new ArtifactRef(artifact.digest(), ArtifactRef.Kind.FILE, artifact.size()),
            before.map(FileUploaded::createdAt).orElse(now),
            form.lifetime().map(seconds -> now + seconds).orElse(null));
    boolean settled = catalog.dataset(id).filter(SubmissionHandler::settled).isPresent();
    if (!settled || !before.equals(Optional.of(uploaded))) {
      uploads.announce(uploaded, FileName.datasetName(form.filename()));
    }
    return object(uploaded);
  }

  /** For the OpenAPI document. */
  @Schema(name = "FileUploadRequest")
  record UploadDocument(
      @Schema(required = true, type = SchemaType.STRING, format = "binary") byte[] file,
      @Schema(required = true, enumeration = "fine-tune") String purpose,
      @Schema(name = "expires_after[anchor]", enumeration = "created_at") String anchor,
      @Schema(name = "expires_after[seconds]", minimum = "3600", maximum = "2592000")
          Long seconds) {}

  @RolesAllowed(Roles.READ)
  @GET
  @Operation(summary = "The files, the newest first")
  public Page<FileObject> list(
      @QueryParam("purpose") String purpose,
      @QueryParam("after") String after,
      @QueryParam("limit") Integer limit,
      @QueryParam("order") String order) {
    List<FileObject> files =
        catalog.files().stream()
            .map(this::object)
            .filter(file -> purpose == null || purpose.equals(file.purpose()))
            .toList();
    return Page.of(files, FileObject::id, new Page.Wish(after, limit, order), MAX_PAGE);
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Path("/{id}")
  @Operation(summary = "One file, and whether it could be ingested")
  public FileObject retrieve(@PathParam("id") String id) {
    return object(find(id));
  }

  @RolesAllowed(Roles.READ)
  @GET
  @Path("/{id}/content")
  @Produces({MediaType.APPLICATION_OCTET_STREAM, "application/binary"}) // OpenAI's clients ask so
  @Operation(summary = "The file's bytes")
  @APIResponse(
      responseCode = "200",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_OCTET_STREAM,
              schema = @Schema(type = SchemaType.STRING, format = "binary")))
  public Response content(@PathParam("id") String id) throws IOException {
    FileUploaded file = find(id);
    Download content = new Download(store.open(file.artifact().digest()), file.artifact().size());
    String name = URLEncoder.encode(file.filename(), StandardCharsets.UTF_8).replace("+", "%20");
    return Response.ok(content)
        .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename*=UTF-8''" + name)
        .header("X-Content-Type-Options", "nosniff")
        .build();
  }

  @RolesAllowed(Roles.SUBMIT)
  @DELETE
  @Path("/{id}")
  @Operation(summary = "Forget a file and its dataset; models trained on it stay")
  public FileObject.Deleted delete(@PathParam("id") String id) {
    uploads.delete(find(id).fileId());
    return new FileObject.Deleted(id, "file", true);
  }

  private FileUploaded find(String id) {
    return catalog.file(id).orElseThrow(() -> ApiException.notFound("file", id));
  }

  private FileObject object(FileUploaded file) {
    return FileObject.of(file, Optional.of(file.fileId()).flatMap(catalog::dataset));
  }
}
