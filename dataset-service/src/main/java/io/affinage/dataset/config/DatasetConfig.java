package io.affinage.dataset.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Settings of the dataset service. */
@ConfigMapping(prefix = "affinage.dataset")
public interface DatasetConfig {

  /**
   * Folder for files on their way; needs room for the largest dataset twice. A new one if absent.
   */
  Optional<Path> workFolder();

  /** Folder below which submissions may name files with file: URIs; none when absent. */
  Optional<Path> fileRoot();

  /** Buckets that submissions may name with s3: URIs; * for all; none when absent. */
  Optional<Set<String>> s3Buckets();

  /** The S3 service of those buckets. */
  S3 s3();

  /** Large submissions (files over 4 MB, and what lies elsewhere) ingested at the same time. */
  @WithDefault("2")
  int concurrency();

  /** Small submissions ingested at the same time, beside the large ones. */
  @WithDefault("4")
  int smallConcurrency();

  /** Largest row; larger ones go to quarantine. */
  @WithDefault("8M")
  MemorySize maxRow();

  /** Largest dataset, unpacked. */
  @WithDefault("64G")
  MemorySize maxDataset();

  /** Characters of a bad row that quarantine keeps. */
  @WithDefault("512")
  int excerpt();

  /** Attempts when the source fails; the artifact store is waited for. */
  Retry retry();

  /** As for the artifact store; what is absent comes from the AWS SDK's default chain. */
  interface S3 {
    Optional<URI> endpoint();

    Optional<String> region();

    @WithDefault("false")
    boolean pathStyle();
  }

  /** How often and how soon. */
  interface Retry {
    @WithDefault("4")
    int attempts();

    /** Before the second attempt; doubles each time. */
    @WithDefault("1s")
    Duration pause();
  }
}
