package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.affinage.broker.EmbeddedBroker;
import io.affinage.cli.stack.ServiceKind;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own Python client, with a key, against the packaged dataset and trainer services. */
class OpenAiClientIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String KEY = "client-0123456789abcdef0123456789abcdef";

  @TempDir Path folder;

  @Test
  void shouldUploadTuneFollowAndControl() throws Exception {
    assumeTrue(hasClient(), "skipped: python3 with the package openai is not here");
    assumeTrue(
        PackagedService.isPackaged(ServiceKind.DATASET)
            && PackagedService.isPackaged(ServiceKind.TRAINER),
        "skipped: the services are not packaged yet");
    try (EmbeddedBroker broker = EmbeddedBroker.startTemporary();
        PackagedService dataset = start(ServiceKind.DATASET, broker);
        PackagedService trainer = start(ServiceKind.TRAINER, broker)) {
      for (PackagedService service : new PackagedService[] {dataset, trainer}) {
        await().atMost(PATIENCE).until(() -> service.status("/q/health/ready") == 200);
      }

      Process client =
          python("src/test/python/openai_fine_tuning.py", root(dataset), root(trainer));
      String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(client.waitFor()).as("%s%n%s", said, trainer.log()).isZero();
    }
  }

  private static boolean hasClient() throws InterruptedException {
    try {
      Process probe = python("-c", "import openai");
      probe.getInputStream().readAllBytes();
      return probe.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Process python(String... arguments) throws IOException {
    String[] command = new String[arguments.length + 1];
    command[0] = "python3";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("AFFINAGE_API_KEY", KEY);
    return builder.start();
  }

  private static String root(PackagedService service) {
    URI uri = service.uri("/");
    return uri.getScheme() + "://" + uri.getAuthority();
  }

  private PackagedService start(ServiceKind kind, EmbeddedBroker broker) throws IOException {
    Path keys = folder.resolve("keys");
    Files.writeString(keys, "client submit,train,read " + KEY + "\n");
    return PackagedService.start(
        kind,
        folder.resolve(kind.module()),
        Map.of(
            "KAFKA_BOOTSTRAP_SERVERS",
            broker.bootstrapServers(),
            "AFFINAGE_ARTIFACTS",
            folder.resolve("store").toString(),
            "AFFINAGE_HTTP_KEYS_FILE",
            keys.toString()));
  }
}
