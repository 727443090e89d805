package io.affinage.artifacts;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import software.amazon.awssdk.services.s3.S3Client;

/** A real S3 endpoint in this process, on loopback, with credentials, holding one bucket. */
record LocalS3(S3Proxy proxy, BlobStore storage) {
  static final String BUCKET = "affinage";

  static LocalS3 start() throws Exception {
    BlobStore storage = BlobStores.create("transient-nio2", new Properties());
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(storage)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(
                AuthenticationType.AWS_V2_OR_V4,
                System.getProperty("aws.accessKeyId"),
                System.getProperty("aws.secretAccessKey"))
            .build();
    proxy.start();
    LocalS3 s3 = new LocalS3(proxy, storage);
    try (S3Client client = s3.client()) {
      client.createBucket(request -> request.bucket(BUCKET));
    }
    return s3;
  }

  S3Endpoint endpoint() {
    return new S3Endpoint(
        Optional.of(URI.create("http://127.0.0.1:" + proxy.getPort())), Optional.empty(), true);
  }

  S3Client client() {
    return endpoint().connect();
  }

  String location(String path, Path cache) {
    return "s3://"
        + BUCKET
        + path
        + "?pathStyle=true&endpoint="
        + endpoint().endpoint().orElseThrow()
        + "&cache="
        + cache;
  }

  void stop() throws Exception {
    proxy.stop();
  }
}
