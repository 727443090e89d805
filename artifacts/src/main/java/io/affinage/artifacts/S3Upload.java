package io.affinage.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Sends a file to S3: in one request, or in parts where it is larger than one part.
 *
 * @param partBytes at least 5 MiB on AWS; grown where a file would need more than 10,000 parts
 */
record S3Upload(S3Client client, String bucket, long partBytes) {
  private static final int MAX_PARTS = 10_000;
  private static final String CONTENT_TYPE = "application/octet-stream";

  void send(Path file, String key) throws IOException {
    long size = Files.size(file);
    if (size <= partBytes) {
      client.putObject(
          request -> request.bucket(bucket).key(key).contentType(CONTENT_TYPE),
          RequestBody.fromFile(file));
    } else {
      sendParts(file, key, size);
    }
  }

  private void sendParts(Path file, String key, long size) {
    long part = Math.max(partBytes, (size + MAX_PARTS - 1) / MAX_PARTS);
    String upload =
        client
            .createMultipartUpload(
                request -> request.bucket(bucket).key(key).contentType(CONTENT_TYPE))
            .uploadId();
    try {
      List<CompletedPart> parts = new ArrayList<>();
      for (long start = 0; start < size; start += part) {
        parts.add(
            sendPart(file, key, upload, parts.size() + 1, start, Math.min(part, size - start)));
      }
      client.completeMultipartUpload(
          request ->
              request
                  .bucket(bucket)
                  .key(key)
                  .uploadId(upload)
                  .multipartUpload(CompletedMultipartUpload.builder().parts(parts).build()));
    } catch (SdkException | UncheckedIOException e) {
      abort(key, upload, e);
      throw e;
    }
  }

  private CompletedPart sendPart(
      Path file, String key, String upload, int number, long start, long length) {
    UploadPartResponse response =
        client.uploadPart(
            request ->
                request
                    .bucket(bucket)
                    .key(key)
                    .uploadId(upload)
                    .partNumber(number)
                    .contentLength(length),
            RequestBody.fromContentProvider(() -> slice(file, start), length, CONTENT_TYPE));
    return CompletedPart.builder().partNumber(number).eTag(response.eTag()).build();
  }

  /** Opened anew for each try; the client reads as much as the part's length. */
  private static InputStream slice(Path file, long start) {
    try {
      FileChannel channel = FileChannel.open(file);
      return Channels.newInputStream(channel.position(start));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Parts of an upload that is given up would be stored, and paid for, for ever. */
  private void abort(String key, String upload, Exception cause) {
    try {
      client.abortMultipartUpload(request -> request.bucket(bucket).key(key).uploadId(upload));
    } catch (SdkException e) {
      cause.addSuppressed(e);
    }
  }
}
