package io.affinage.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.affinage.cli.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places are filled by real processes; the clock is the test's. */
class PlaceTest {
  @TempDir Path folder;
  private final AtomicLong clock = new AtomicLong();
  private final List<String> told = new ArrayList<>();
  private Place place;

  @AfterEach
  void end() {
    if (place != null) {
      place.process().awaitEnd(Duration.ZERO);
    }
  }

  @Test
  void shouldTryAgainForEverAfterGrowingPausesAndSayWhy() {
    place = place("echo no luck today; exit 3");
    List<Long> pauses = new ArrayList<>();
    for (int i = 1; i <= 12; i++) {
      await().until(place::hasNewlyEnded);
      told.clear();
      place.supervise(told::add);
      assertThat(told).hasSize(1);
      assertThat(told.get(0))
          .contains("fortune ended with status 3", "no luck today", "try " + i + ")")
          .contains(folder.resolve("fortune.log").toString());
      pauses.add(pauseUntilItStarts());
    }
    assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 64L, 120L, 120L, 120L, 120L, 120L);
    assertThat(place.failures()).isEqualTo(12);
    assertThat(place.failure().getMessage()).contains("fortune ended with status 3");
  }

  /** Seconds. */
  private long pauseUntilItStarts() {
    for (long seconds = 0; seconds < 1_000; seconds++) {
      if (place.supervise(told::add)) {
        assertThat(told).last().asString().contains("runs again as process");
        return seconds;
      }
      clock.addAndGet(Duration.ofSeconds(1).toNanos());
    }
    throw new AssertionError("never started again");
  }

  @Test
  void shouldTellAKilledProcessFromOneThatRanOutOfMemory() {
    place = place("echo java.lang.OutOfMemoryError: Java heap space; exit 3");
    await().until(place::hasNewlyEnded);
    place.supervise(told::add);
    assertThat(told.get(0)).contains("ended with status 3 (out of memory)");
    told.clear();

    place = place("kill -9 $$");
    await().until(place::hasNewlyEnded);
    place.supervise(told::add);
    assertThat(told.get(0)).contains("ended with status 137 (killed");
  }

  @Test
  void shouldOutliveAStartThatFailsSuchAsALogThatCannotBeWritten() throws IOException {
    place = place("exit 1");
    await().until(place::hasNewlyEnded);
    Path log = folder.resolve("fortune.log");
    Files.delete(log);
    Files.createDirectory(log);
    place.supervise(told::add);
    assertThat(told.get(0)).contains("its log cannot be read");

    clock.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(place.supervise(told::add)).isFalse();
    assertThat(told.get(1)).contains("fortune could not be started", "again in 2 s (try 2)");
    Files.delete(log);
    clock.addAndGet(Duration.ofSeconds(2).toNanos());

    assertThat(place.supervise(told::add)).isTrue();
  }

  @Test
  void shouldNotStartAtAllWithoutALog() throws IOException {
    Files.createDirectories(folder.resolve("fortune.log/inside"));
    Files.createDirectories(folder.resolve("fortune.previous.log/inside"));

    assertThatThrownBy(() -> place("exit 0"))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("fortune did not start");
  }

  @Test
  void shouldReadTheEndOfALogThatIsLargerThanTheMemory() throws IOException {
    Path log = folder.resolve("large.log");
    try (var file = new java.io.RandomAccessFile(log.toFile(), "rw")) {
      file.setLength(8L << 30);
      file.seek(8L << 30);
      file.write(
          "\nfirst of the last\nthe last\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    assertThat(LogTail.of(log)).endsWith("first of the last", "the last");
  }

  @Test
  void shouldSeeAStackByItsLockAndNotByAProcessIdThatWasUsedAgain() throws IOException {
    Home home = Home.at(folder.resolve("home"));
    StackState state =
        new StackState(ProcessHandle.current().pid(), "h:1", "a", Map.of(), Map.of());
    state.write(home);
    Files.createFile(home.lockFile());
    assertThat(StackState.find(home)).isEmpty();

    try (var held = StackLock.take(home.lockFile()).orElseThrow()) {
      assertThat(held.isOpen()).isTrue();
      assertThat(StackState.find(home)).contains(state);
      assertThat(StackLock.take(home.lockFile())).isEmpty();
    }
    assertThat(StackState.find(home)).isEmpty();
  }

  private Place place(String script) {
    StackProcess.Launch launch =
        new StackProcess.Launch(
            "fortune",
            folder.resolve("fortune.log"),
            folder,
            List.of("/bin/sh", "-c", script),
            Map.of(),
            Map.of());
    return new Place("fortune", start -> StackProcess.start(launch, start), clock::get);
  }
}
