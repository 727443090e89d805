package io.affinage.eval.rest;

import io.affinage.eval.serving.ServedModels;
import io.affinage.eval.serving.ServingException;
import io.affinage.service.http.Roles;
import io.affinage.service.rest.Page;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Registered models and their bases. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "models")
public class ModelsResource {
  private final ServedModels models;

  ModelsResource(ServedModels models) {
    this.models = models;
  }

  @RolesAllowed({Roles.READ, Roles.SERVE})
  @GET
  @Operation(summary = "Models that can be asked, newest first")
  public Page<ModelObject> list() {
    return Page.whole(models.all().stream().map(ModelObject::of).toList(), ModelObject::id);
  }

  /** A base's name may have slashes in it. */
  @RolesAllowed({Roles.READ, Roles.SERVE})
  @GET
  @Path("/{id: .+}")
  @Operation(summary = "A model with its lineage, metrics and the gate's decision")
  public ModelObject find(@PathParam("id") String id) {
    return ModelObject.of(models.find(id).orElseThrow(() -> notFound(id)));
  }

  static ServingException notFound(String id) {
    return new ServingException(
        ServingException.Kind.NOT_FOUND,
        "model_not_found",
        "The model '%s' does not exist; GET /v1/models lists those that do".formatted(id),
        "model",
        null);
  }
}
