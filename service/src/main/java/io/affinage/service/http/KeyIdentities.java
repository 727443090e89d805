package io.affinage.service.http;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** Whom a key belongs to. */
@ApplicationScoped
class KeyIdentities implements IdentityProvider<KeyRequest> {
  private final Keys keys;

  KeyIdentities(Keys keys) {
    this.keys = keys;
  }

  @Override
  public Class<KeyRequest> getRequestType() {
    return KeyRequest.class;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      KeyRequest request, AuthenticationRequestContext context) {
    return keys.find(request.key())
        .map(key -> Uni.createFrom().item(identity(key.name(), key.roles())))
        .orElseGet(() -> Uni.createFrom().failure(new AuthenticationFailedException()));
  }

  static SecurityIdentity identity(String name, Set<String> roles) {
    return QuarkusSecurityIdentity.builder()
        .setPrincipal(new QuarkusPrincipal(name))
        .addRoles(roles)
        .build();
  }
}
