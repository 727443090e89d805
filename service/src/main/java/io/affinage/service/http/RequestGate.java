package io.affinage.service.http;

import io.quarkus.security.AuthenticationException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * What every request passes, in this order: the watch over connections and bodies, security
 * headers, host and origin; then Quarkus asks for the key; then the body is read.
 */
@Singleton
class RequestGate {
  /** Before Quarkus' CORS filter (300) and its authentication (200). */
  private static final int BEFORE_ALL = 1_000;

  /**
   * Routes are in ascending order: Quarkus' authorization is at -100, its limit of bodies at -2.
   */
  private static final int AFTER_AUTHORIZATION = -50;

  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final HostRule hosts;
  private final OriginRule origins;
  private final Connections connections;
  private final Exchanges exchanges;
  private final Bodies bodies;
  private final Refusals refusals;

  RequestGate(
      HttpConfig config,
      @ConfigProperty(name = "quarkus.http.cors.enabled", defaultValue = "false") boolean cors,
      Connections connections,
      Exchanges exchanges,
      Bodies bodies,
      Refusals refusals) {
    this.hosts = HostRule.of(config.allowedHosts().orElse(List.of()));
    this.origins = new OriginRule(cors);
    this.connections = connections;
    this.exchanges = exchanges;
    this.bodies = bodies;
    this.refusals = refusals;
  }

  void filters(@Observes Filters filters) {
    filters.register(this::enter, BEFORE_ALL);
  }

  void routes(@Observes Router router) {
    router.route().order(AFTER_AUTHORIZATION).handler(bodies::read);
    router.route().order(-BEFORE_ALL).failureHandler(this::failed);
  }

  private void enter(RoutingContext context) {
    connections.begin(context);
    exchanges.begin(context);
    secure(context.response().headers());
    HttpServerRequest request = context.request();
    MultiMap headers = request.headers();
    SocketAddress reached = request.localAddress();
    String authority = request.authority() == null ? null : request.authority().toString();
    if (headers.getAll(HttpHeaders.HOST).size() > 1
        || !hosts.allows(authority, reached == null ? null : reached.hostAddress())) {
      refusals.refuse(context, Refusal.HOST);
    } else if (!origins.allows(
        request.method().name(),
        authority,
        headers.getAll(HttpHeaders.ORIGIN),
        headers.get("Sec-Fetch-Site"))) {
      refusals.refuse(context, Refusal.ORIGIN);
    } else {
      context.next();
    }
  }

  private static void secure(MultiMap headers) {
    headers
        .set("X-Content-Type-Options", "nosniff")
        .set("X-Frame-Options", "DENY")
        .set("Referrer-Policy", "no-referrer")
        .set("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        .set("Cross-Origin-Resource-Policy", "same-origin")
        .set("Cache-Control", "no-store");
  }

  /** Failures that no resource has mapped, in the one error shape. */
  private void failed(RoutingContext context) {
    if (context.response().ended() || context.response().closed()) {
      return;
    }
    Throwable failure = context.failure();
    if (failure instanceof UnauthorizedException || failure instanceof AuthenticationException) {
      boolean missing = !context.request().headers().contains(HttpHeaders.AUTHORIZATION);
      refusals.refuse(context, missing ? Refusal.NO_KEY : Refusal.UNKNOWN_KEY);
    } else if (failure instanceof ForbiddenException) {
      refusals.refuse(context, Refusal.ROLE);
    } else if (context.statusCode() == 413) {
      refusals.refuse(context, Refusal.TOO_LARGE);
    } else if (context.statusCode() == 400) {
      refusals.refuse(context, Refusal.BAD_BODY);
    } else {
      context.next();
    }
  }
}
