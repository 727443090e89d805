package io.affinage.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real full and read-only file systems, mounted in a namespace of a child process's own. */
class FaultyDiskIT {
  @TempDir Path mount;

  @Test
  void shouldTellThatTheDiskIsFull() throws Exception {
    assertThat(onDisk("size=256k", "true", "full")).isEqualTo("artifact_store_full leftovers=0");
  }

  @Test
  void shouldTellThatTheDiskIsReadOnlyAndStillServeReads() throws Exception {
    assertThat(onDisk("size=4m", "mount -o remount,ro " + mount, "read-only"))
        .isEqualTo("artifact_store_read_only read=true view=true");
  }

  @Test
  void shouldKnowTheKernelsTextForAFullDevice() throws IOException {
    Path full = Path.of("/dev/full");
    assumeThat(Files.exists(full)).as("only Linux has /dev/full").isTrue();

    IOException cause = null;
    try (FileOutputStream out = new FileOutputStream(full.toFile())) {
      out.write(1);
    } catch (IOException e) {
      cause = e;
    }

    assertThat(StoreFailure.writing(full, cause).code()).isEqualTo("artifact_store_full");
  }

  /** Fills the mounted disk, then runs the commands, then {@link #main} on it; its output. */
  private String onDisk(String options, String then, String scenario) throws Exception {
    assumeThat(run(List.of("unshare", "-Urm", "true")))
        .as("this machine lets users make mount namespaces")
        .isEqualTo("0:");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    String self = java + " -Xmx64m -cp " + classes + " " + FaultyDiskIT.class.getName();
    String result =
        run(
            List.of(
                "unshare",
                "-Urm",
                "sh",
                "-ec",
                "mount -t tmpfs -o "
                    + options
                    + " tmpfs "
                    + mount
                    + "; "
                    + self
                    + " prepare "
                    + mount
                    + "; "
                    + then
                    + "; "
                    + self
                    + " "
                    + scenario
                    + " "
                    + mount));
    assertThat(result).startsWith("0:");
    return result.substring(2);
  }

  private String run(List<String> command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return "no such command";
    }
    try {
      String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() + ":" + output : "hangs";
    } finally {
      process.destroyForcibly();
    }
  }

  /** The child process. */
  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments[1]).resolve("store");
    FolderArtifactStore store = new FolderArtifactStore(root);
    Path source = Path.of(arguments[1]).resolve("source");
    if (arguments[0].equals("prepare")) {
      Files.createDirectory(source);
      Files.writeString(source.resolve("a"), "abc");
      Files.writeString(Path.of(arguments[1]).resolve("digest"), store.putFolder(source).digest());
      return;
    }
    try {
      store.put(new ByteArrayInputStream(new byte[1_000_000]));
      System.out.println("stored");
    } catch (ArtifactStoreException e) {
      System.out.print(e.code());
    }
    if (arguments[0].equals("full")) {
      try (var left = Files.list(root.resolve("tmp"))) {
        System.out.println(" leftovers=" + left.count());
      }
      return;
    }
    String digest = Files.readString(Path.of(arguments[1]).resolve("digest"));
    Path view = store.localFolder(digest);
    System.out.print(" read=" + (store.open(digest, "a").read() == 'a'));
    System.out.println(" view=" + Files.readString(view.resolve("a")).equals("abc"));
  }
}
