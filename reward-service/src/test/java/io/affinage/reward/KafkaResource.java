package io.affinage.reward;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.broker.testing.TestBroker;
import io.affinage.broker.testing.TestFolder;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Event;
import io.affinage.events.EventFactory;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.reward.learned.TinyRewardModels;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A real broker and an artifact store with a tiny reward model, for the running service. */
public final class KafkaResource implements QuarkusTestResourceLifecycleManager {
  /** The reward model's id. */
  public static final String MODEL = "tiny:judge:1";

  private TestBroker broker;
  private TestFolder temporary;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    Map<String, Object> connection = Map.of("bootstrap.servers", broker.bootstrapServers());
    try (Admin admin = Admin.create(connection)) {
      new TopicProvisioner(admin, 2, 1).provision();
      temporary = TestFolder.create("affinage-reward-it");
      Path store = temporary.path().resolve("store");
      register(ArtifactStores.open(store.toString()), temporary.path(), connection);
      Map<String, String> configuration = new HashMap<>(broker.quarkusConfiguration());
      configuration.put("affinage.artifacts", store.toString());
      configuration.put("affinage.reward.device", "cpu");
      configuration.put("affinage.reward.model-patience", "2s");
      return configuration;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void register(ArtifactStore store, Path folder, Map<String, Object> connection)
      throws IOException {
    Path base = TinyRewardModels.base(folder.resolve("base"), 3);
    Path adapter = TinyRewardModels.adapter(base, folder.resolve("adapter"), 5, 0.3f);
    Event<?> event =
        new EventFactory("/test/trainer", Clock.systemUTC())
            .create(
                TinyRewardModels.registered(
                    MODEL, ref(store.putFolder(base)), ref(store.putFolder(adapter))));
    try (KafkaProducer<String, Event<?>> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection), new StringSerializer(), new EventSerializer())) {
      producer.send(Topics.MODEL_REGISTERED.record(event));
    }
  }

  private static ArtifactRef ref(Artifact artifact) {
    return new ArtifactRef(artifact.digest(), ArtifactRef.Kind.FOLDER, artifact.size());
  }

  @Override
  public void stop() {
    if (broker != null) {
      broker.close();
    }
    if (temporary != null) {
      temporary.close();
    }
  }
}
