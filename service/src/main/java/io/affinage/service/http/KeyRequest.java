package io.affinage.service.http;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

/** A bearer token that may be one of our keys. */
final class KeyRequest extends BaseAuthenticationRequest {
  private final String key;

  KeyRequest(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }
}
