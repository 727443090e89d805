package io.affinage.events.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class LogClockTest {
  private static final Instant BROKER = Instant.parse("2026-01-01T12:00:00Z");

  private Instant own = BROKER;
  private final LogClock clock = new LogClock(() -> own);

  @Test
  void shouldShowTheMachinesTimeUntilAnEntryIsRead() {
    assertThat(clock.instant()).isEqualTo(BROKER);
  }

  @Test
  void shouldLeaveOutHowFarTheMachinesClockIsOff() {
    own = BROKER.plusSeconds(3_600);
    clock.read(BROKER);
    own = own.plusSeconds(5);

    assertThat(clock.instant()).isEqualTo(BROKER.plusSeconds(5));
  }

  @Test
  void shouldGoByTheYoungestEntry() {
    own = BROKER.plusSeconds(100);
    clock.read(BROKER);
    clock.read(BROKER.plusSeconds(60));
    assertThat(clock.instant()).isEqualTo(BROKER.plusSeconds(60));

    own = own.plusSeconds(100);
    clock.read(BROKER.plusSeconds(70));

    assertThat(clock.instant()).isEqualTo(BROKER.plusSeconds(160));
  }

  @Test
  void shouldRunAheadWhereTheMachinesClockIsBehind() {
    own = BROKER.minusSeconds(30);
    clock.read(BROKER);

    assertThat(clock.instant()).isEqualTo(BROKER);
  }
}
