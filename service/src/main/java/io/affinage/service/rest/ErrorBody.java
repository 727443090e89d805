package io.affinage.service.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;

/** An error in the shape that OpenAI's clients read. */
public record ErrorBody(Detail error) {

  /**
   * @param message what is wrong and what to do
   * @param type {@code invalid_request_error} or {@code server_error}
   * @param param the field at fault, or null
   * @param code stable and snake case
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  public record Detail(String message, String type, String param, String code) {}

  /** An answer of this status. */
  public static Response answer(int status, String code, String message, String param) {
    String type = status < 500 ? "invalid_request_error" : "server_error";
    return Response.status(status)
        .type(MediaType.APPLICATION_JSON_TYPE)
        .entity(new ErrorBody(new Detail(plain(message), type, plain(param), code)))
        .build();
  }

  /** What it cites may hold half of a surrogate pair, which UTF-8 cannot carry. */
  private static String plain(String text) {
    return text == null
        ? null
        : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
