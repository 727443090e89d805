package io.affinage.service.http;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;

/**
 * Reads {@code Authorization: Bearer KEY}. Where neither keys nor OIDC are configured, every caller
 * is a local one with every role; {@link ListenAddress} sees to who that can be.
 */
@ApplicationScoped
class KeyMechanism implements HttpAuthenticationMechanism {
  private static final String SCHEME = "Bearer ";
  private static final SecurityIdentity LOCAL = KeyIdentities.identity("local", Roles.ALL);

  private final Keys keys;
  private final Refusals refusals;

  KeyMechanism(Keys keys, Refusals refusals) {
    this.keys = keys;
    this.refusals = refusals;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext context, IdentityProviderManager identities) {
    if (!keys.required()) {
      return Uni.createFrom().item(LOCAL);
    }
    List<String> sent = context.request().headers().getAll(HttpHeaders.AUTHORIZATION);
    if (sent.isEmpty()) {
      return Uni.createFrom().nullItem();
    }
    String header = sent.get(0);
    if (sent.size() > 1 || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Uni.createFrom().failure(new AuthenticationFailedException());
    }
    String token = header.substring(SCHEME.length()).strip();
    if (keys.oidc() && keys.find(token).isEmpty()) {
      // For OIDC's mechanism to judge, which comes next.
      return Uni.createFrom().nullItem();
    }
    return identities.authenticate(new KeyRequest(token));
  }

  /** Before OIDC's, which would take a key for a token that is broken. */
  @Override
  public int getPriority() {
    return DEFAULT_PRIORITY + 1_000;
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of(KeyRequest.class);
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext context) {
    return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", "Bearer"));
  }

  @Override
  public Uni<Boolean> sendChallenge(RoutingContext context) {
    boolean missing = !context.request().headers().contains(HttpHeaders.AUTHORIZATION);
    refusals.refuse(context, missing ? Refusal.NO_KEY : Refusal.UNKNOWN_KEY);
    return Uni.createFrom().item(true);
  }
}
