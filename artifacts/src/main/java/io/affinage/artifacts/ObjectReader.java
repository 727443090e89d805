package io.affinage.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Reads files that producers name in their events. Anyone who may write to the topic chooses the
 * name, so only what lies below an allowed folder or in an allowed bucket is read.
 *
 * <pre>{@code
 * try (SourceObject source = reader.open("s3://bucket/key")) { ... source.content() ... }
 * }</pre>
 */
public final class ObjectReader implements AutoCloseable {
  private static final Pattern S3_URI = Pattern.compile("s3://([^/]+)/(.+)", Pattern.DOTALL);

  private final Optional<Path> folder;
  private final Set<String> buckets;
  private final S3Endpoint endpoint;
  private final Object clientLock = new Object();
  private S3Client client;

  /**
   * @param folder below which {@code file:} URIs may point; empty allows none
   * @param buckets that {@code s3:} URIs may name; {@code *} allows every bucket, empty none
   * @param endpoint where the buckets are; connected to on the first use
   */
  public ObjectReader(Optional<Path> folder, Set<String> buckets, S3Endpoint endpoint) {
    this.folder = folder.map(path -> path.toAbsolutePath().normalize());
    this.buckets = Set.copyOf(buckets);
    this.endpoint = endpoint;
  }

  /**
   * Opens a file.
   *
   * @param uri {@code file:/path} (percent-encoded), or {@code s3://bucket/key} (the key as it is)
   * @throws SourceException with a stable code when the URI is malformed, not allowed, names
   *     nothing, or cannot be read
   */
  public SourceObject open(String uri) throws SourceException {
    if (uri != null && uri.startsWith("file:")) {
      return openFile(uri);
    }
    Matcher s3 = S3_URI.matcher(uri == null ? "" : uri);
    if (s3.matches()) {
      return openObject(uri, s3.group(1), s3.group(2));
    }
    throw new SourceException(
        SourceFault.SOURCE_URI_INVALID,
        "'" + uri + "' is neither file:/path nor s3://bucket/key",
        null);
  }

  private SourceObject openFile(String uri) throws SourceException {
    Path path = path(uri);
    Path root = folder.orElseThrow(() -> notAllowed(uri, "this service reads no local files"));
    // Before looking, so that nobody learns what exists elsewhere; after, because of links.
    if (!path.startsWith(root)) {
      throw notAllowed(uri, "only files below " + root + " are");
    }
    try {
      Path real = path.toRealPath();
      if (!real.startsWith(root.toRealPath())) {
        throw notAllowed(uri, "it is a link to outside of " + root);
      }
      if (!Files.isRegularFile(real)) {
        throw new SourceException(SourceFault.SOURCE_UNREADABLE, uri + " is not a file", null);
      }
      InputStream content = Files.newInputStream(real);
      return new SourceObject(path.getFileName().toString(), Files.size(real), content);
    } catch (NoSuchFileException e) {
      throw notFound(uri, e);
    } catch (SourceException e) {
      throw e;
    } catch (IOException e) {
      throw new SourceException(
          SourceFault.SOURCE_UNREADABLE, uri + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Path path(String uri) throws SourceException {
    try {
      return Path.of(URI.create(uri)).normalize();
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new SourceException(
          SourceFault.SOURCE_URI_INVALID,
          "'" + uri + "' is not a file URI such as file:/folder/rows.jsonl: " + e.getMessage(),
          e);
    }
  }

  private SourceObject openObject(String uri, String bucket, String key) throws SourceException {
    if (!buckets.contains(bucket) && !buckets.contains("*")) {
      throw notAllowed(uri, "the bucket '" + bucket + "' is not among the allowed " + buckets);
    }
    try {
      ResponseInputStream<GetObjectResponse> content =
          client().getObject(request -> request.bucket(bucket).key(key));
      String name = key.substring(key.lastIndexOf('/') + 1);
      return new SourceObject(name, content.response().contentLength(), content);
    } catch (S3Exception e) {
      if (e.statusCode() == 404) {
        throw notFound(uri, e);
      }
      throw new SourceException(
          SourceFault.SOURCE_UNREADABLE, uri + " cannot be read: " + e.getMessage(), e);
    } catch (SdkException e) {
      throw new SourceException(
          SourceFault.SOURCE_UNREADABLE, uri + " cannot be reached: " + e.getMessage(), e);
    }
  }

  private S3Client client() {
    synchronized (clientLock) {
      if (client == null) {
        client = endpoint.connect();
      }
      return client;
    }
  }

  private static SourceException notFound(String uri, Exception cause) {
    return new SourceException(SourceFault.SOURCE_NOT_FOUND, uri + " does not exist", cause);
  }

  private static SourceException notAllowed(String uri, String why) {
    return new SourceException(
        SourceFault.SOURCE_NOT_ALLOWED, uri + " may not be read: " + why, null);
  }

  @Override
  public void close() {
    synchronized (clientLock) {
      if (client != null) {
        client.close();
      }
    }
  }
}
