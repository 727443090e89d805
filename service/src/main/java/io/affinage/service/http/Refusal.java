package io.affinage.service.http;

/** Why a request is not answered. */
enum Refusal {
  NO_KEY(
      401,
      "invalid_api_key",
      "No API key was sent: use the header 'Authorization: Bearer KEY', as OpenAI's clients do with api_key."),
  UNKNOWN_KEY(
      401,
      "invalid_api_key",
      "The Authorization header holds no key that is in force: send one 'Bearer KEY', as it stands in the service's file of keys."),
  ROLE(
      403,
      "insufficient_permissions",
      "The API key does not have the role that this needs: use another, or have the role added to it."),
  HOST(
      403,
      "host_not_allowed",
      "The Host header names a host that this service is not known under: use its address, or add the name to affinage.http.allowed-hosts."),
  ORIGIN(
      403,
      "origin_not_allowed",
      "A page of another origin may not change anything here: allow it with quarkus.http.cors.enabled and quarkus.http.cors.origins."),
  TOO_LARGE(413, "body_too_large", "The body is larger than the service takes."),
  BAD_BODY(400, "invalid_body", "The body ended too early or is not what its Content-Type says."),
  UNKNOWN_EXPECTATION(417, "expectation_failed", "Expect may only say 100-continue."),
  SLOW_BODY(408, "body_too_slow", "The body stopped arriving, or came too slowly."),
  SLOW_READER(408, "answer_too_slow", "The answer was read too slowly."),
  NOT_STORED(
      503, "upload_not_stored", "The upload could not be stored; the service's log tells why."),
  MEMORY(
      503,
      "overloaded",
      "The bodies of other requests fill the memory that is set aside for them: try again.");

  private final int status;
  private final String code;
  private final String message;

  Refusal(int status, String code, String message) {
    this.status = status;
    this.code = code;
    this.message = message;
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  String message() {
    return message;
  }
}
