package io.affinage.artifacts;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A store in a bucket of S3 or of a compatible service: objects {@code
 * <prefix>/blobs/sha256/ab/cdef...}. What is read or written passes through a local folder, which
 * verifies it and serves memory-mapped files. That cache only grows, but where a {@link Sweep} uses
 * it: put it on a disk that goes with the process, or clear it while nothing runs.
 */
public final class S3ArtifactStore implements ArtifactStore, Sweepable, AutoCloseable {
  private static final long PART_BYTES = 64L << 20;
  private static final int DOWNLOAD_ATTEMPTS = 3;

  /** Bytes that S3 copies in one request. */
  private static final long MAX_COPY = 5L << 30;

  private final S3Client client;
  private final String bucket;
  private final String prefix;
  private final FolderArtifactStore cache;
  private final S3Upload upload;

  /**
   * @param prefix of every key, without slashes at its ends; may be empty
   * @param cache local folder for what passes through
   */
  public S3ArtifactStore(S3Endpoint endpoint, String bucket, String prefix, Path cache)
      throws ArtifactStoreException {
    this(connect(endpoint, bucket), bucket, prefix, cache, PART_BYTES);
  }

  S3ArtifactStore(S3Client client, String bucket, String prefix, Path cache, long partBytes)
      throws ArtifactStoreException {
    this.client = client;
    this.bucket = bucket;
    this.prefix = prefix.isEmpty() ? "" : prefix + "/";
    this.cache = new FolderArtifactStore(cache);
    this.upload = new S3Upload(client, bucket, partBytes);
  }

  private static S3Client connect(S3Endpoint endpoint, String bucket)
      throws ArtifactStoreException {
    try {
      return endpoint.connect();
    } catch (SdkException e) {
      throw S3Failure.at("s3://" + bucket, e);
    }
  }

  @Override
  public Artifact putFile(Path file) throws IOException {
    return send(cache.putFile(file));
  }

  @Override
  public Artifact put(InputStream content) throws IOException {
    return send(cache.put(content));
  }

  /** The manifest goes last: whoever sees it can read every file. */
  @Override
  public Artifact putFolder(Path folder) throws IOException {
    List<Manifest.Entry> entries = new ArrayList<>();
    for (Map.Entry<String, Path> file : SourceFolder.files(folder).entrySet()) {
      Artifact stored = putFile(file.getValue());
      entries.add(new Manifest.Entry(file.getKey(), stored.digest(), stored.size()));
    }
    Manifest manifest = new Manifest(entries);
    Artifact stored = put(new ByteArrayInputStream(manifest.toJson()));
    return new Artifact(stored.digest(), Artifact.Kind.FOLDER, manifest.size());
  }

  @Override
  public boolean has(String digest) throws IOException {
    return size(Digest.parse(digest)) >= 0;
  }

  @Override
  public InputStream open(String digest) throws IOException {
    fetch(Digest.parse(digest));
    return cache.open(digest);
  }

  @Override
  public InputStream open(String folderDigest, String path) throws IOException {
    FolderPath.check(path);
    fetch(Digest.parse(folderDigest));
    Manifest.Entry entry =
        cache
            .manifest(folderDigest)
            .file(path)
            .orElseThrow(() -> new ArtifactNotFoundException(folderDigest, path));
    return open(entry.digest());
  }

  @Override
  public Path localFile(String digest) throws IOException {
    fetch(Digest.parse(digest));
    return cache.localFile(digest);
  }

  @Override
  public Path localFolder(String digest) throws IOException {
    fetch(Digest.parse(digest));
    for (Manifest.Entry entry : cache.manifest(digest).files()) {
      fetch(Digest.parse(entry.digest()));
    }
    return cache.localFolder(digest);
  }

  private Artifact send(Artifact artifact) throws IOException {
    Digest digest = Digest.parse(artifact.digest());
    try {
      Optional<HeadObjectResponse> head = head(digest);
      if (head.isEmpty() || head.get().contentLength() != artifact.size()) {
        upload.send(cache.localFile(artifact.digest()), key(digest));
      } else if (head.get().lastModified().isBefore(Instant.now().minus(Sweepable.RENEWED_AFTER))) {
        renew(digest, artifact);
      }
      return artifact;
    } catch (SdkException e) {
      throw S3Failure.at(uri(digest), e);
    }
  }

  /** Makes an object young again that nobody may have named yet. */
  private void renew(Digest digest, Artifact artifact) throws IOException {
    if (artifact.size() > MAX_COPY) {
      upload.send(cache.localFile(artifact.digest()), key(digest));
      return;
    }
    client.copyObject(
        request ->
            request
                .sourceBucket(bucket)
                .sourceKey(key(digest))
                .destinationBucket(bucket)
                .destinationKey(key(digest))
                .metadataDirective(MetadataDirective.REPLACE));
  }

  @Override
  public void forEach(Consumer<StoredBlob> consumer) throws IOException {
    String start = prefix + "blobs/sha256/";
    try {
      for (S3Object object :
          client
              .listObjectsV2Paginator(request -> request.bucket(bucket).prefix(start))
              .contents()) {
        String hex = object.key().substring(start.length()).replace("/", "");
        consumer.accept(
            new StoredBlob(
                Digest.parse("sha256:" + hex).toString(), object.size(), object.lastModified()));
      }
    } catch (SdkException e) {
      throw S3Failure.at("s3://" + bucket + "/" + start, e);
    }
  }

  /** S3 compares and removes in two calls: what is stored again in between them is lost. */
  @Override
  public boolean remove(String digest, Instant before) throws IOException {
    Digest parsed = Digest.parse(digest);
    Optional<HeadObjectResponse> head = head(parsed);
    if (head.isPresent() && !head.get().lastModified().isBefore(before)) {
      return false;
    }
    try {
      client.deleteObject(request -> request.bucket(bucket).key(key(parsed)));
      return true;
    } catch (SdkException e) {
      throw S3Failure.at(uri(parsed), e);
    }
  }

  /** Of the cache, with its views; what came into it within the last hour may be on its way. */
  @Override
  public void removeCopies(Set<String> stored) throws IOException {
    Instant before = Instant.now().minus(Sweepable.RENEWED_AFTER);
    List<String> gone = new ArrayList<>();
    cache.forEach(
        blob -> {
          if (!stored.contains(blob.digest())) {
            gone.add(blob.digest());
          }
        });
    for (String digest : gone) {
      cache.remove(digest, before);
    }
  }

  /** Bytes of the stored object, or -1 when there is none. */
  private long size(Digest digest) throws ArtifactStoreException {
    return head(digest).map(HeadObjectResponse::contentLength).orElse(-1L);
  }

  private Optional<HeadObjectResponse> head(Digest digest) throws ArtifactStoreException {
    try {
      return Optional.of(client.headObject(request -> request.bucket(bucket).key(key(digest))));
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    } catch (S3Exception e) {
      if (e.statusCode() == 404) {
        return Optional.empty();
      }
      throw S3Failure.at(uri(digest), e);
    } catch (SdkException e) {
      throw S3Failure.at(uri(digest), e);
    }
  }

  /** Makes sure that the cache has the content, whole and verified. */
  private void fetch(Digest digest) throws IOException {
    if (cached(digest)) {
      return;
    }
    for (int attempt = 1; ; attempt++) {
      try {
        download(digest);
        return;
      } catch (ArtifactStoreException e) {
        throw e;
      } catch (IOException e) {
        // The connection broke in mid-stream, which the SDK does not retry.
        if (attempt == DOWNLOAD_ATTEMPTS) {
          throw new ArtifactStoreException(
              ArtifactFault.ARTIFACT_STORE_UNAVAILABLE,
              "reading " + uri(digest) + " failed " + attempt + " times: " + e,
              e);
        }
      }
    }
  }

  private boolean cached(Digest digest) throws IOException {
    try {
      cache.localFile(digest.toString());
      return true;
    } catch (ArtifactStoreException e) {
      if (e.fault() == ArtifactFault.ARTIFACT_NOT_FOUND
          || e.fault() == ArtifactFault.ARTIFACT_CORRUPT) {
        return false;
      }
      throw e;
    }
  }

  private void download(Digest digest) throws IOException {
    try (InputStream content =
        client.getObject(request -> request.bucket(bucket).key(key(digest)))) {
      cache.put(content, digest, uri(digest));
    } catch (NoSuchKeyException e) {
      throw new ArtifactNotFoundException(digest.toString());
    } catch (SdkException e) {
      throw S3Failure.at(uri(digest), e);
    }
  }

  private String key(Digest digest) {
    return prefix + "blobs/sha256/" + digest.fileName();
  }

  private String uri(Digest digest) {
    return "s3://" + bucket + "/" + key(digest);
  }

  @Override
  public void close() {
    client.close();
  }

  @Override
  public String toString() {
    return "s3://" + bucket + "/" + prefix;
  }
}
