package io.affinage.service.http;

import java.util.Set;

/** What a key may be used for. A route names its roles with {@code @RolesAllowed}. */
public final class Roles {
  /** Bring and delete data. */
  public static final String SUBMIT = "submit";

  /** Start, pause, resume and cancel jobs. */
  public static final String TRAIN = "train";

  /** Ask models, and have completions scored. */
  public static final String SERVE = "serve";

  /** Look at everything, files' content too. */
  public static final String READ = "read";

  /** All there are. */
  public static final Set<String> ALL = Set.of(SUBMIT, TRAIN, SERVE, READ);

  private Roles() {}
}
