package io.affinage.cli.client;

import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Optional;

/**
 * Where a service answers, and the key that it is asked with.
 *
 * @param key never shown
 */
public record ServiceAddress(URI uri, Optional<String> key) {

  /** A request to it. */
  public HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri.resolve(path));
    key.ifPresent(text -> request.header("Authorization", "Bearer " + text));
    return request;
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
