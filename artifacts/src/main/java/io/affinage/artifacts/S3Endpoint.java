package io.affinage.artifacts;

import java.net.URI;
import java.util.Optional;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * Where an S3 service is. Credentials, and whatever is left empty here, come from the AWS SDK's
 * default chain: environment, profile, web identity or instance role.
 *
 * @param endpoint of an S3-compatible service; empty for AWS's own, or {@code AWS_ENDPOINT_URL_S3}
 * @param region empty for the default chain's; beside an endpoint, {@code us-east-1}
 * @param pathStyle the bucket in the path, not in the host name, as most compatible services want
 */
public record S3Endpoint(Optional<URI> endpoint, Optional<String> region, boolean pathStyle) {
  private static final Region ANY_REGION = Region.US_EAST_1;

  /** Everything from the AWS SDK's default chain. */
  public static S3Endpoint defaults() {
    return new S3Endpoint(Optional.empty(), Optional.empty(), false);
  }

  S3Client connect() {
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            // Content is verified by its SHA-256; compatible services know few of AWS's checksums.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .forcePathStyle(pathStyle);
    endpoint.ifPresent(uri -> builder.endpointOverride(uri).region(ANY_REGION));
    region.ifPresent(name -> builder.region(Region.of(name)));
    return builder.build();
  }
}
