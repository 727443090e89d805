package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.affinage.broker.EmbeddedBroker;
import io.affinage.cli.client.Publisher;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.Event;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import io.affinage.events.Topics;
import io.affinage.events.TrainingSpec;
import io.affinage.events.follow.TopicReader;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dataset and a model through services whose artifacts are in S3. */
class ObjectStoreIT {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final String BUCKET = "affinage";
  private static final String IDENTITY = "test-identity";
  private static final String CREDENTIAL = "test-credential";

  @TempDir Path folder;

  @Test
  void shouldIngestAndTrainWithArtifactsInS3() throws Exception {
    assumeTrue(
        PackagedService.isPackaged(ServiceKind.DATASET)
            && PackagedService.isPackaged(ServiceKind.TRAINER),
        "skipped: the services are not packaged yet");
    BlobStore blobs = BlobStores.create("transient-nio2", new Properties());
    blobs.createContainer(BUCKET);
    S3Proxy s3 =
        S3Proxy.builder()
            .blobStore(blobs)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, IDENTITY, CREDENTIAL)
            .build();
    s3.start();
    try (EmbeddedBroker broker = EmbeddedBroker.startTemporary();
        PackagedService dataset = start(ServiceKind.DATASET, broker, s3.getPort());
        PackagedService trainer = start(ServiceKind.TRAINER, broker, s3.getPort())) {
      submit(broker);

      ModelRegistered model = await().atMost(PATIENCE).until(() -> read(broker), m -> m != null);

      assertThat(model.trainedTokens()).as(dataset.log() + trainer.log()).isPositive();
      assertThat(names(blobs))
          .contains(blobOf(model.model().digest()), blobOf(model.dataset().digest()));
    } finally {
      s3.stop();
    }
  }

  private static String blobOf(String digest) {
    String hex = digest.substring("sha256:".length());
    return "store/blobs/sha256/" + hex.substring(0, 2) + "/" + hex.substring(2);
  }

  private static TreeSet<String> names(BlobStore blobs) {
    return blobs.list(BUCKET).contents().stream()
        .map(blob -> blob.key())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void submit(EmbeddedBroker broker) {
    List<JsonNode> rows = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      rows.add(
          JsonNodeFactory.instance
              .objectNode()
              .put("text", "Box %d holds %d nails.".formatted(i, i * i)));
    }
    TrainingSpec spec =
        TinyPretraining.spec(new TrainingSpec.Architecture(32, 64, 2, 2, 2, 300, 64), 3, 4, 2);
    try (Publisher publisher =
        new Publisher(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      publisher.send(
          Topics.DATASET_SUBMITTED,
          new DatasetSubmitted(
              "nails",
              "nails",
              new DatasetSource.Inline(rows),
              null,
              null,
              null,
              true,
              new RoutingSlip("run-1", List.of(new Stage.Train("scratch", spec, "nails")))),
          "run-1");
    }
  }

  private static ModelRegistered read(EmbeddedBroker broker) {
    List<Event<?>> events = new ArrayList<>();
    try (TopicReader reader =
        new TopicReader(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            List.of(Topics.MODEL_REGISTERED),
            (event, record) -> events.add(event))) {
      reader.catchUp(Duration.ofSeconds(30));
    }
    return events.stream()
        .map(Event::data)
        .filter(ModelRegistered.class::isInstance)
        .map(ModelRegistered.class::cast)
        .findFirst()
        .orElse(null);
  }

  private PackagedService start(ServiceKind kind, EmbeddedBroker broker, int s3) throws Exception {
    PackagedService service =
        PackagedService.start(
            kind,
            folder.resolve(kind.module()),
            Map.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "AFFINAGE_ARTIFACTS",
                "s3://%s/store?pathStyle=true&endpoint=http://127.0.0.1:%d&cache=%s"
                    .formatted(BUCKET, s3, folder.resolve(kind.module() + "-cache")),
                "AWS_ACCESS_KEY_ID",
                IDENTITY,
                "AWS_SECRET_ACCESS_KEY",
                CREDENTIAL));
    await().atMost(PATIENCE).until(() -> service.status("/q/health/ready") == 200);
    return service;
  }
}
