package io.affinage.broker.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A certificate authority for tests, made by the JDK's {@code keytool}.
 *
 * @param folder where its files are
 */
public record TestAuthority(Path folder) {
  /** Of every key store here. */
  public static final String PASSWORD = "only-for-tests";

  private static final String NAME = "ca";
  private static final String STORE_TYPE = "PKCS12";

  /** Makes a new one in an existing folder. */
  public static TestAuthority create(Path folder) {
    TestAuthority authority = new TestAuthority(folder);
    authority.generate(NAME, "-ext", "bc:c");
    authority.write(authority.certificateFile(), authority.pem());
    return authority;
  }

  /** Its certificate in PEM: whom clients and brokers trust. */
  public Path certificateFile() {
    return folder.resolve("ca.crt");
  }

  /**
   * Makes a key with a certificate for {@code CN=name} and 127.0.0.1.
   *
   * @return a PKCS12 key store with {@link #PASSWORD}
   */
  public Path issue(String name) {
    Path file = folder.resolve(name + ".p12");
    generate(name, "-signer", NAME, "-ext", "san=ip:127.0.0.1");
    try {
      KeyStore all = load();
      KeyStore own = KeyStore.getInstance(STORE_TYPE);
      own.load(null, null);
      own.setKeyEntry(
          name,
          all.getKey(name, PASSWORD.toCharArray()),
          PASSWORD.toCharArray(),
          all.getCertificateChain(name));
      try (OutputStream out = Files.newOutputStream(file)) {
        own.store(out, PASSWORD.toCharArray());
      }
      return file;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no key store for " + name, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path keys() {
    return folder.resolve("keys.p12");
  }

  private KeyStore load() throws GeneralSecurityException, IOException {
    KeyStore all = KeyStore.getInstance(STORE_TYPE);
    try (InputStream in = Files.newInputStream(keys())) {
      all.load(in, PASSWORD.toCharArray());
    }
    return all;
  }

  private String pem() {
    try {
      byte[] certificate = load().getCertificate(NAME).getEncoded();
      return "-----BEGIN CERTIFICATE-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
          + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no certificate of the authority", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void generate(String name, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                keys().toString(),
                "-storetype",
                STORE_TYPE,
                "-storepass",
                PASSWORD,
                "-alias",
                name,
                "-dname",
                "CN=" + name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "2"));
    command.addAll(List.of(more));
    try {
      Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
      keytool.getOutputStream().close();
      String said =
          new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (keytool.waitFor() != 0) {
        throw new IllegalStateException("keytool made no key for " + name + ": " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
