package io.affinage.llm.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelHubTest {

  private static final HubId ID = HubId.parse("owner/name");

  @TempDir Path cache;
  private LocalHub hub;
  private final byte[] weights = new byte[300_000];

  @BeforeEach
  void start() throws IOException {
    hub = new LocalHub();
    new Random(1).nextBytes(weights);
    hub.files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
    hub.files.put("tokenizer.json", "{\"model\":1}".getBytes(StandardCharsets.UTF_8));
    hub.files.put("model.safetensors", weights);
    hub.files.put("pytorch_model.bin", new byte[5000]);
    hub.files.put("README.md", new byte[50]);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void shouldFetchWhatAModelNeedsAndNothingElse() throws IOException {
    Path folder = fetch();
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "config.json", "tokenizer.json", "model.safetensors", ".complete");
    }
  }

  @Test
  void shouldAnswerFromTheCache() {
    Path folder = fetch();
    int before = hub.requests.size();
    assertThat(fetch()).isEqualTo(folder);
    assertThat(hub.requests).as("a branch is looked up again, and no more").hasSize(before + 1);
    assertThat(hub(settings(Optional.empty(), true)).fetch(ID, HubProgress.SILENT))
        .isEqualTo(folder);
    assertThat(
            hub(settings(Optional.empty(), false))
                .fetch(HubId.parse("owner/name@" + LocalHub.COMMIT), HubProgress.SILENT))
        .isEqualTo(folder);
    assertThat(hub.requests).hasSize(before + 1);
  }

  /** A file of one long tensor behind a header of at least so many bytes. */
  private static byte[] withHeader(int length) {
    int elements = 75_000;
    String header =
        "{\"__metadata__\":{\"note\":\"%s\"},\"a.weight\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted("x".repeat(length), elements, 4 * elements);
    byte[] text = header.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer file =
        ByteBuffer.allocate(8 + text.length + 4 * elements).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text);
    while (file.hasRemaining()) {
      file.put((byte) 1);
    }
    return file.array();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 70_000})
  void shouldReadHeadersAndNoWeights(int length, @TempDir Path folder) throws IOException {
    byte[] file = withHeader(length);
    hub.files.put("model.safetensors", file);

    Path opened = hub(settings(Optional.empty(), false)).headers(ID, folder);

    assertThat(opened).isEqualTo(folder);
    assertThat(hub.requestsOf("model.safetensors"))
        .extracting(LocalHub.Request::range)
        .containsExactlyElementsOf(
            length == 10
                ? List.of("bytes=0-65535")
                : List.of(
                    "bytes=0-65535", "bytes=65536-%d".formatted(file.length - 4 * 75_000 - 1)));
    assertThat(hub.requestsOf("tokenizer.json")).as("no part of the estimate").isEmpty();
    assertThat(Files.size(folder.resolve("model.safetensors"))).isEqualTo(file.length);
    assertThat(Files.readString(folder.resolve("config.json"))).isEqualTo("{}");
    assertThat(Checkpoint.open(opened).entry("a.weight").elements()).isEqualTo(75_000);
    assertThat(cache).as("nothing is kept").isEmptyDirectory();
  }

  @Test
  void shouldReadHeadersOfAServerThatKnowsNoRanges(@TempDir Path folder) throws IOException {
    hub.files.put("model.safetensors", withHeader(70_000));
    hub.ranges = false;

    hub(settings(Optional.empty(), false)).headers(ID, folder);

    assertThat(Checkpoint.open(folder).entry("a.weight").elements()).isEqualTo(75_000);
  }

  @Test
  void shouldReadTheHeadersOfACachedModelThere(@TempDir Path folder) {
    Path fetched = fetch();
    int before = hub.requests.size();

    assertThat(hub(settings(Optional.empty(), true)).headers(ID, folder)).isEqualTo(fetched);
    assertThat(hub.requests).hasSize(before);
    assertThatThrownBy(
            () -> hub(settings(Optional.empty(), true)).headers(HubId.parse("owner/other"), folder))
        .isInstanceOf(LlmException.class)
        .extracting(e -> ((LlmException) e).code())
        .isEqualTo("hub_offline");
  }

  @Test
  void shouldGoOnWhereAConnectionBroke() throws IOException {
    hub.files.keySet().removeIf(name -> !name.equals("model.safetensors"));
    hub.cuts.add(100_000);
    hub.cuts.add(50_000);
    var seen = new ArrayList<Long>();
    Path folder =
        hub(settings(Optional.empty(), false)).fetch(ID, (file, done, total) -> seen.add(done));
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    var requests = hub.requestsOf("model.safetensors");
    assertThat(requests).hasSize(3);
    assertThat(requests.get(0).range()).isNull();
    assertThat(start(requests.get(1).range())).isPositive().isLessThanOrEqualTo(100_000);
    assertThat(start(requests.get(2).range())).isGreaterThan(start(requests.get(1).range()));
    assertThat(seen).isSorted().endsWith(300_000L);
  }

  @Test
  void shouldStartOverWhereRangesAreIgnored() throws IOException {
    hub.ranges = false;
    hub.files.keySet().removeIf(name -> !name.equals("model.safetensors"));
    hub.cuts.add(100_000);
    assertThat(Files.readAllBytes(fetch().resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(hub.requestsOf("model.safetensors")).hasSize(2);
  }

  @Test
  void shouldNotBelieveAnotherRangeThanTheOneAskedFor() throws IOException {
    hub.wrongRange = true;
    hub.files.keySet().removeIf(name -> !name.equals("model.safetensors"));
    hub.cuts.add(100_000);
    assertThat(Files.readAllBytes(fetch().resolve("model.safetensors"))).isEqualTo(weights);
  }

  @Test
  void shouldGoOnInALaterCall() throws IOException {
    hub.files.keySet().removeIf(name -> !name.equals("model.safetensors"));
    Path folder = Files.createDirectories(cache.resolve("owner--name").resolve(LocalHub.COMMIT));
    Files.write(
        folder.resolve("model.safetensors.part"), java.util.Arrays.copyOf(weights, 120_000));
    assertThat(Files.readAllBytes(fetch().resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(hub.requestsOf("model.safetensors").get(0).range()).isEqualTo("bytes=120000-");
  }

  @ParameterizedTest
  @ValueSource(ints = {120_000, 300_000, 300_001})
  void shouldThrowAwayADamagedPart(int size) throws IOException {
    hub.files.keySet().removeIf(name -> !name.equals("model.safetensors"));
    Path folder = Files.createDirectories(cache.resolve("owner--name").resolve(LocalHub.COMMIT));
    Files.write(folder.resolve("model.safetensors.part"), new byte[size]);
    assertThat(Files.readAllBytes(fetch().resolve("model.safetensors"))).isEqualTo(weights);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "config.json"})
  void shouldRefuseFilesThatDoNotHashToWhatTheHubStates(String only) throws IOException {
    hub.files.keySet().removeIf(name -> !name.equals(only) && !name.equals("model.safetensors"));
    hub.damaged = true;
    LlmException failure = failure(hub(settings(Optional.empty(), false)), ID);
    assertThat(failure.code()).isEqualTo("hub_checksum_mismatch");
    assertThat(failure).hasMessageContaining(only).hasMessageContaining("where the hub states");
    try (Stream<Path> files = Files.list(cache.resolve("owner--name").resolve(LocalHub.COMMIT))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void shouldNotTakeAShortFileForAWholeOneWhereNoSizeIsStated() throws IOException {
    hub.statesSizes = false;
    hub.cuts.add(1);
    assertThat(Files.readAllBytes(fetch().resolve("config.json")))
        .isEqualTo(hub.files.get("config.json"));
  }

  @Test
  void shouldSendTheTokenToTheHubOnly() throws IOException {
    try (var storage = new LocalHub()) {
      storage.files.putAll(hub.files);
      hub.storage = storage.endpoint();
      hub.requiredToken = "hf_secret";
      hub(settings(Optional.of("hf_secret"), false)).fetch(ID, HubProgress.SILENT);
      assertThat(hub.requests)
          .isNotEmpty()
          .allMatch(r -> "Bearer hf_secret".equals(r.authorization()));
      assertThat(storage.requests).hasSize(3).allMatch(r -> r.authorization() == null);
    }
  }

  @Test
  void shouldCheckTheHashOfTheFirstAnswerAfterARedirect() throws IOException {
    try (var storage = new LocalHub()) {
      storage.files.putAll(hub.files);
      storage.damaged = true;
      hub.storage = storage.endpoint();
      assertThat(failure(hub(settings(Optional.empty(), false)), ID).code())
          .isEqualTo("hub_checksum_mismatch");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "401, hub_unauthorized, set HF_TOKEN",
    "403, hub_forbidden, accept its conditions",
    "404, hub_not_found, check the spelling",
    "418, hub_answer_invalid, status 418"
  })
  void shouldSayPlainlyWhatTheHubRefuses(int status, String code, String message) {
    hub.statuses.add(status);
    LlmException failure = failure(hub(settings(Optional.empty(), false)), ID);
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure).hasMessageContaining(message).hasMessageContaining("owner/name");
    assertThat(hub.requests).as("no second try").hasSize(1);
  }

  @Test
  void shouldTryAgainWhileTheHubIsBusyAndThenGiveUp() {
    hub.statuses.add(503);
    hub.statuses.add(429);
    assertThat(fetch()).exists();
    for (int i = 0; i < 3; i++) {
      hub.statuses.add(500);
    }
    int before = hub.requests.size();
    LlmException failure = failure(hub(settings(Optional.empty(), false)), ID);
    assertThat(failure.code()).isEqualTo("hub_unreachable");
    assertThat(failure).hasMessageContaining("after 3 tries").hasMessageContaining("status 500");
    assertThat(hub.requests).hasSize(before + 3);
  }

  @Test
  void shouldGiveUpOnAHubThatSaysNothing() throws IOException {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      var settings =
          new HubSettings(
              URI.create(
                  "http://"
                      + silent.getInetAddress().getHostAddress()
                      + ":"
                      + silent.getLocalPort()),
              Optional.empty(),
              cache,
              false,
              2,
              Duration.ofMillis(1),
              Duration.ofMillis(100));
      assertThat(failure(hub(settings), ID).code()).isEqualTo("hub_unreachable");
    }
  }

  /** Trying again would only make its user wait for the same answer. */
  @Test
  void shouldNotTryAHostAgainThatNobodyKnows() {
    var settings =
        new HubSettings(
            URI.create("http://hub.invalid"),
            Optional.empty(),
            cache,
            false,
            3,
            Duration.ofDays(1),
            Duration.ofSeconds(30));
    LlmException failure = failure(hub(settings), ID);
    assertThat(failure.code()).isEqualTo("hub_unreachable");
    assertThat(failure).hasMessageContaining("hub.invalid is not known");
  }

  @Test
  void shouldSayThatNothingIsCachedWhenOffline() {
    LlmException failure = failure(hub(settings(Optional.empty(), true)), ID);
    assertThat(failure.code()).isEqualTo("hub_offline");
    assertThat(failure).hasMessageContaining("owner/name@main is not in the cache");
    assertThat(hub.requests).isEmpty();
  }

  @Test
  void shouldAskForRoomBeforeItDownloads() {
    LlmException failure =
        failure(new ModelHub(settings(Optional.empty(), false), folder -> 1000), ID);
    assertThat(failure.code()).isEqualTo("hub_disk_full");
    assertThat(failure).hasMessageContaining("needs 300013 more bytes");
    assertThat(hub.requests).hasSize(1);
  }

  @Test
  void shouldSayThatTheCacheCannotBeWritten() throws IOException {
    Files.writeString(cache.resolve("owner--name"), "in the way");
    assertThat(failure(hub(settings(Optional.empty(), false)), ID).code())
        .isEqualTo("hub_cache_unwritable");
  }

  @Test
  void shouldFetchOneFileOfSeveral() throws IOException {
    hub.files.keySet().removeIf(name -> name.endsWith(".safetensors"));
    hub.files.put("name-Q4.gguf", weights);
    hub.files.put("name-Q8.gguf", new byte[2000]);
    LlmException failure = failure(hub(settings(Optional.empty(), false)), ID);
    assertThat(failure.code()).isEqualTo("hub_ambiguous");
    assertThat(failure)
        .hasMessageContaining("owner/name:FILE")
        .hasMessageContaining("name-Q4.gguf, name-Q8.gguf");
    Path file =
        hub(settings(Optional.empty(), false))
            .fetch(HubId.parse("owner/name:name-Q8.gguf"), HubProgress.SILENT);
    assertThat(file).hasFileName("name-Q8.gguf").hasSize(2000);
    assertThat(
            failure(hub(settings(Optional.empty(), false)), HubId.parse("owner/name:absent.gguf"))
                .code())
        .isEqualTo("hub_file_missing");
  }

  @Test
  void shouldParseIds() {
    assertThat(HubId.parse("a/b-1.5@refs/pr/1"))
        .isEqualTo(new HubId("a", "b-1.5", "refs/pr/1", Optional.empty()));
    assertThat(HubId.parse("a/b@v1:m.gguf"))
        .isEqualTo(new HubId("a", "b", "v1", Optional.of("m.gguf")));
    for (String bad :
        new String[] {
          "", "a", "a/b/c", "../b", "a/..", "a/b@../x", "a/b@", "a/b:../m", "a b/c", "a/b?x"
        }) {
      assertThat(catchThrowable(() -> HubId.parse(bad))).as(bad).isInstanceOf(LlmException.class);
    }
  }

  @Test
  void shouldTakeSettingsFromTheEnvironmentAndKeepTheTokenToItself() throws IOException {
    Path tokens = Files.writeString(cache.resolve("token"), "hf_file\n");
    HubSettings settings =
        HubSettings.fromEnvironment(
            Map.of(
                "HF_ENDPOINT",
                "http://127.0.0.1:1/",
                "HF_TOKEN_PATH",
                tokens.toString(),
                "HF_HUB_OFFLINE",
                "1"),
            cache);
    assertThat(settings.endpoint()).isEqualTo(URI.create("http://127.0.0.1:1"));
    assertThat(settings.token()).contains("hf_file");
    assertThat(settings.offline()).isTrue();
    assertThat(settings.toString()).doesNotContain("hf_file").contains("(set)");
    assertThat(HubSettings.fromEnvironment(Map.of("HF_TOKEN", "hf_variable"), cache).token())
        .contains("hf_variable");
    assertThat(HubSettings.fromEnvironment(Map.of(), cache).endpoint())
        .isEqualTo(HubSettings.DEFAULT_ENDPOINT);
    assertThat(
            catchThrowable(
                () -> HubSettings.fromEnvironment(Map.of("HF_ENDPOINT", "ftp://x"), cache)))
        .isInstanceOf(LlmException.class);
  }

  private static long start(String range) {
    return Long.parseLong(range.substring("bytes=".length(), range.length() - 1));
  }

  private Path fetch() {
    return hub(settings(Optional.empty(), false)).fetch(ID, HubProgress.SILENT);
  }

  private static ModelHub hub(HubSettings settings) {
    return new ModelHub(settings);
  }

  private HubSettings settings(Optional<String> token, boolean offline) {
    return new HubSettings(
        hub.endpoint(), token, cache, offline, 3, Duration.ofMillis(1), Duration.ofSeconds(20));
  }

  private static LlmException failure(ModelHub hub, HubId id) {
    Throwable failure = catchThrowable(() -> hub.fetch(id, HubProgress.SILENT));
    assertThat(failure).isInstanceOf(LlmException.class);
    return (LlmException) failure;
  }
}
