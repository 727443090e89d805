package io.affinage.service.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Refuses requests in the one error shape, and counts them. */
@Singleton
class Refusals {
  private static final long LINGER_MILLIS = 2_000;

  private final Map<Refusal, Counter> counters = new EnumMap<>(Refusal.class);

  Refusals(MeterRegistry metrics) {
    for (Refusal refusal : Refusal.values()) {
      counters.put(
          refusal,
          Counter.builder("affinage.http.refused")
              .description("requests that were refused before a resource saw them")
              .tag("reason", refusal.name().toLowerCase(Locale.ROOT))
              .register(metrics));
    }
  }

  void count(Refusal refusal) {
    counters.get(refusal).increment();
  }

  /** Answers, once; a connection whose request has not ended, or whose caller is unknown, ends. */
  void refuse(RoutingContext context, Refusal refusal) {
    HttpServerResponse response = context.response();
    if (response.headWritten() || response.ended()) {
      return;
    }
    count(refusal);
    boolean unfinished = !context.request().isEnded();
    boolean last = unfinished || refusal.status() == 401;
    if (last) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    if (refusal.status() == 401) {
      response.putHeader("WWW-Authenticate", "Bearer");
    } else if (refusal.status() == 503) {
      response.putHeader(HttpHeaders.RETRY_AFTER, "1");
    }
    response
        .setStatusCode(refusal.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(body(refusal));
    if (last) {
      finish(context, unfinished);
    }
  }

  /**
   * What is still being sent is read to nowhere for a while, or the answer would be lost with it.
   */
  private static void finish(RoutingContext context, boolean unfinished) {
    HttpConnection connection = context.request().connection();
    if (unfinished) {
      context
          .request()
          .exceptionHandler(lost -> connection.close())
          .handler(ignored -> {})
          .endHandler(ended -> connection.close())
          .resume();
      context.vertx().setTimer(LINGER_MILLIS, id -> connection.close());
    } else {
      connection.close();
    }
  }

  private static String body(Refusal refusal) {
    return new JsonObject()
        .put(
            "error",
            new JsonObject()
                .put("message", refusal.message())
                .put("type", refusal.status() < 500 ? "invalid_request_error" : "server_error")
                .putNull("param")
                .put("code", refusal.code()))
        .encode();
  }
}
