package io.affinage.service.http;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/**
 * Every path needs a key, whatever serves it and whether it exists; but for the few that are open
 * on purpose: health, which tells up or down, and metrics, which name nobody and no data. Which
 * role a resource needs, it says itself; one that says nothing is closed to all.
 */
@ApplicationScoped
class ClosedByDefault implements HttpSecurityPolicy {
  private static final String METRICS = "/q/metrics";
  private static final Set<String> HEALTH =
      Set.of("/q/health", "/q/health/live", "/q/health/ready", "/q/health/started");

  private final boolean metricsNeedKey;
  private final Refusals refusals;

  ClosedByDefault(HttpConfig config, Refusals refusals) {
    this.metricsNeedKey = config.metricsNeedKey();
    this.refusals = refusals;
  }

  @Override
  public Uni<CheckResult> checkPermission(
      RoutingContext context,
      Uni<SecurityIdentity> identity,
      AuthorizationRequestContext requestContext) {
    String path = context.normalizedPath();
    if (HEALTH.contains(path) || (METRICS.equals(path) && !metricsNeedKey)) {
      return CheckResult.permit();
    }
    return identity.map(
        caller -> {
          if (caller.isAnonymous()) {
            return CheckResult.DENY;
          }
          if (METRICS.equals(path) && !caller.hasRole(Roles.READ)) {
            refusals.refuse(context, Refusal.ROLE);
            return CheckResult.DENY;
          }
          return CheckResult.PERMIT;
        });
  }
}
