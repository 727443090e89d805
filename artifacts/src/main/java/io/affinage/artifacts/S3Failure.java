package io.affinage.artifacts;

import java.util.Locale;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Tells from an S3 failure what the user can do about it. */
final class S3Failure {
  private static final Set<String> FULL_CODES =
      Set.of("xminiostoragefull", "insufficientstorage", "quotaexceeded", "quotaexceedederror");

  private S3Failure() {}

  /**
   * @param where the bucket and key or prefix
   */
  static ArtifactStoreException at(String where, SdkException cause) {
    ArtifactFault fault = fault(cause);
    String advice =
        switch (fault) {
          case ARTIFACT_STORE_FULL -> " is full; free or add space and try again";
          case ARTIFACT_STORE_DENIED ->
              " refused the credentials; s3:GetObject, s3:PutObject and s3:ListBucket are needed";
          case ARTIFACT_STORE_LOCATION_INVALID -> " does not exist; create the bucket first";
          default -> " failed";
        };
    return new ArtifactStoreException(
        fault, where + advice + " (" + cause.getMessage() + ")", cause);
  }

  private static ArtifactFault fault(SdkException cause) {
    if (!(cause instanceof S3Exception s3)) {
      return ArtifactFault.ARTIFACT_STORE_UNAVAILABLE;
    }
    AwsErrorDetails details = s3.awsErrorDetails();
    String code =
        details == null || details.errorCode() == null
            ? ""
            : details.errorCode().toLowerCase(Locale.ROOT);
    if (s3.statusCode() == 507 || FULL_CODES.contains(code)) {
      return ArtifactFault.ARTIFACT_STORE_FULL;
    }
    if (code.equals("nosuchbucket")) {
      return ArtifactFault.ARTIFACT_STORE_LOCATION_INVALID;
    }
    return s3.statusCode() == 401 || s3.statusCode() == 403
        ? ArtifactFault.ARTIFACT_STORE_DENIED
        : ArtifactFault.ARTIFACT_STORE_UNAVAILABLE;
  }
}
