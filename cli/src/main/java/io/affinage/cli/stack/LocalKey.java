package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The key that the commands of a home use with its services. It lies in {@code key}; the services
 * read {@code keys}, where it stands as a digest beside others that the user may add there.
 */
public final class LocalKey {
  private static final String NAME = "local";
  private static final String ROLES = "submit,train,serve,read";
  private static final int RANDOM_BYTES = 32;

  private final Home home;

  public LocalKey(Home home) {
    this.home = home;
  }

  /** The key; empty before the first start of a stack. */
  public Optional<String> read() {
    Path file = home.keyFile();
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file).strip()).filter(key -> !key.isEmpty());
    } catch (IOException e) {
      throw unusable(file, e);
    }
  }

  /** Makes a key unless there is one, and has the services' file hold it. */
  void ensure() {
    put(read().orElseGet(LocalKey::random));
  }

  /** Puts a new key in the place of the present one, which is good for nothing any more. */
  public void rotate() {
    put(random());
  }

  private static String random() {
    byte[] bytes = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(bytes);
    return "affinage-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private void put(String key) {
    Path keys = home.keysFile();
    try {
      List<String> lines = new ArrayList<>();
      if (Files.exists(keys)) {
        for (String line : Files.readAllLines(keys)) {
          if (!line.strip().startsWith(NAME + " ")) {
            lines.add(line);
          }
        }
      } else {
        lines.add(
            "# Who may use the services: NAME ROLE[,ROLE...] KEY, the key in plain or as sha256:HEX.");
        lines.add("# Roles are " + ROLES + ". '" + NAME + "' is the key of the commands.");
      }
      lines.add(NAME + " " + ROLES + " sha256:" + digest(key));
      String text = String.join("\n", lines) + "\n";
      if (!Files.exists(keys) || !Files.readString(keys).equals(text)) {
        home.writePrivately(keys, text);
      }
      if (!read().equals(Optional.of(key))) {
        home.writePrivately(home.keyFile(), key + "\n");
      }
    } catch (IOException e) {
      throw unusable(keys, e);
    }
  }

  private static String digest(String key) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static CliException unusable(Path file, IOException e) {
    return new CliException(
        ExitCode.STACK, "home_unusable", file + " cannot be used: " + e.getMessage(), e);
  }
}
