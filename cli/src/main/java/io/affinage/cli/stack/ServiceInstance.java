package io.affinage.cli.stack;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** One instance of a service: its place in the stack and its address. */
public final class ServiceInstance {
  private final ServiceKind kind;
  private final int port;
  private final Place place;

  ServiceInstance(ServiceKind kind, int port, Place place) {
    this.kind = kind;
    this.port = port;
    this.place = place;
  }

  public ServiceKind kind() {
    return kind;
  }

  public String name() {
    return place.name();
  }

  /** Of the process that runs, or of the last that did. */
  public long pid() {
    return place.process().pid();
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  Place place() {
    return place;
  }

  /** What its readiness says: empty when it serves and reaches Kafka, else why not. */
  String unready(HttpClient http) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(address().resolve("/q/health/ready"))
            .timeout(Duration.ofSeconds(5))
            .build();
    try {
      HttpResponse<String> response =
          http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      return response.statusCode() == 200 ? "" : response.body().strip();
    } catch (IOException e) {
      return "it does not listen";
    }
  }
}
