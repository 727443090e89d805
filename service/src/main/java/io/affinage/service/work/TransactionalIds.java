package io.affinage.service.work;

import java.util.Optional;
import java.util.UUID;

/** How transactional producers are named. */
public final class TransactionalIds {
  private TransactionalIds() {}

  /**
   * The same again for a process that is started again with its name, so that the transaction which
   * the dead one left open ends at once; otherwise unlike any other.
   */
  public static String of(String role, Optional<String> instance) {
    return role
        + "-"
        + instance.filter(name -> !name.isBlank()).orElse(UUID.randomUUID().toString());
  }
}
