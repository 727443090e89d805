package io.affinage.trainer.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithName;

/** Where the artifact store is. */
@ConfigMapping(prefix = "affinage")
public interface ArtifactsConfig {

  /** A path, {@code file:/path} or {@code s3://bucket/prefix}. */
  @WithName("artifacts")
  String artifacts();
}
