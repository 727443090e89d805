package io.affinage.llm.export;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that is filled beside its destination and takes its place at once, or leaves nothing
 * behind.
 */
final class StagedFolder implements AutoCloseable {
  private static final String CHECKSUMS = "SHA256SUMS";

  private final Path target;
  private final Path staging;

  private StagedFolder(Path target, Path staging) {
    this.target = target;
    this.staging = staging;
  }

  /**
   * @throws LlmException {@code export_target_not_empty}: nothing is overwritten; {@code
   *     export_not_written}
   */
  static StagedFolder beside(Path target) {
    Path absolute = target.toAbsolutePath().normalize();
    try {
      requireEmpty(absolute);
      Files.createDirectories(absolute.getParent());
      return new StagedFolder(
          absolute,
          Files.createTempDirectory(absolute.getParent(), "." + absolute.getFileName() + "."));
    } catch (IOException e) {
      throw notWritten(absolute, e);
    }
  }

  private static void requireEmpty(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (Files.isDirectory(target)) {
      try (Stream<Path> inside = Files.list(target)) {
        if (inside.findAny().isEmpty()) {
          return;
        }
      }
    }
    throw new LlmException(
        "export_target_not_empty",
        target + " is not an empty folder: name a new one, nothing is overwritten");
  }

  /** Where files are put meanwhile. */
  Path path() {
    return staging;
  }

  void text(String name, String content) {
    try {
      Files.writeString(staging.resolve(name), content);
    } catch (IOException e) {
      throw notWritten(target, e);
    }
  }

  /** Size and SHA-256 of every file, read from the disk. */
  List<ExportedFile> files() {
    List<ExportedFile> files = new ArrayList<>();
    try (Stream<Path> inside = Files.walk(staging)) {
      for (Path file : inside.filter(Files::isRegularFile).sorted().toList()) {
        files.add(
            new ExportedFile(
                staging.relativize(file).toString().replace('\\', '/'),
                Files.size(file),
                sha256(file)));
      }
    } catch (IOException e) {
      throw notWritten(target, e);
    }
    return files;
  }

  /** Adds {@code SHA256SUMS}, which {@code sha256sum --check} reads. */
  void checksums(List<ExportedFile> files) {
    StringBuilder lines = new StringBuilder();
    files.forEach(
        file -> lines.append(file.sha256()).append("  ").append(file.name()).append('\n'));
    text(CHECKSUMS, lines.toString());
  }

  /** Moves the folder to its destination. */
  void publish() {
    try {
      // createTempDirectory lets nobody else in.
      if (Files.getFileStore(staging).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(staging, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
      Files.deleteIfExists(target);
      Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw notWritten(target, e);
    }
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream content = Files.newInputStream(file);
        DigestInputStream in =
            new DigestInputStream(content, MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static LlmException notWritten(Path target, IOException e) {
    return new LlmException(
        "export_not_written", "%s cannot be written: %s".formatted(target, e.getMessage()), e);
  }

  /** Deletes what was not published. */
  @Override
  public void close() {
    if (!Files.exists(staging)) {
      return;
    }
    try (Stream<Path> inside = Files.walk(staging)) {
      for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
