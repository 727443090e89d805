package io.affinage.service.rest;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/**
 * Writes the one shape of errors into the OpenAPI document, at every operation: what is wrong with
 * a request, and what is wrong with us.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ErrorsInDocument implements OASFilter {
  private static final String NAME = "ErrorBody";

  @Override
  public void filterOpenAPI(OpenAPI document) {
    if (document.getPaths() == null || document.getPaths().getPathItems() == null) {
      return;
    }
    Components components = document.getComponents();
    if (components == null) {
      components = OASFactory.createComponents();
      document.setComponents(components);
    }
    components.addSchema(NAME, body());
    document
        .getPaths()
        .getPathItems()
        .values()
        .forEach(path -> path.getOperations().values().forEach(ErrorsInDocument::describe));
  }

  private static void describe(Operation operation) {
    if (operation.getResponses() == null) {
      operation.setResponses(OASFactory.createAPIResponses());
    }
    List<String> named = new ArrayList<>(operation.getResponses().getAPIResponses().keySet());
    named.stream()
        .filter(status -> status.startsWith("4"))
        .map(status -> operation.getResponses().getAPIResponse(status))
        .filter(response -> response.getContent() == null)
        .forEach(response -> response.setContent(content()));
    operation.getResponses().addAPIResponse("4XX", error("What is wrong with the request"));
    operation
        .getResponses()
        .addAPIResponse("5XX", error("What is wrong with the service or what it needs"));
  }

  private static APIResponse error(String description) {
    return OASFactory.createAPIResponse().description(description).content(content());
  }

  private static Content content() {
    return OASFactory.createContent()
        .addMediaType(
            "application/json",
            OASFactory.createMediaType()
                .schema(OASFactory.createSchema().ref("#/components/schemas/" + NAME)));
  }

  private static Schema body() {
    Schema detail =
        object()
            .addProperty("message", text().description("What is wrong and what to do"))
            .addProperty(
                "type", text().enumeration(List.of("invalid_request_error", "server_error")))
            .addProperty(
                "param",
                OASFactory.createSchema()
                    .type(List.of(Schema.SchemaType.STRING, Schema.SchemaType.NULL))
                    .description("The field at fault"))
            .addProperty("code", text().description("Stable, for programs"))
            .required(List.of("message", "type", "param", "code"));
    return object().addProperty("error", detail).required(List.of("error"));
  }

  private static Schema object() {
    return OASFactory.createSchema().addType(Schema.SchemaType.OBJECT);
  }

  private static Schema text() {
    return OASFactory.createSchema().addType(Schema.SchemaType.STRING);
  }
}
