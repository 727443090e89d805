package io.affinage.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LeaseTest {
  private static final Lease UNCLAIMED = new Lease.Unclaimed();
  private static final Lease FIRST = new Lease.Held(1, "a", 1000, 50);

  @Test
  void shouldGiveAnAttemptToItsFirstClaimOnly() {
    Lease won = Lease.claimed(UNCLAIMED, 1, "a", 1000, 50);

    assertThat(won).isEqualTo(FIRST);
    assertThat(Lease.claimed(won, 1, "b", 1000, 60)).isEqualTo(FIRST);
  }

  @Test
  void shouldGiveALaterAttemptToItsFirstClaim() {
    assertThat(Lease.claimed(FIRST, 2, "b", 2000, 70)).isEqualTo(new Lease.Held(2, "b", 2000, 70));
    assertThat(Lease.claimed(new Lease.Released(1, "a"), 2, "b", 2000, 70))
        .isEqualTo(new Lease.Held(2, "b", 2000, 70));
  }

  @Test
  void shouldIgnoreAClaimOfAnEarlierAttempt() {
    Lease second = new Lease.Held(2, "b", 1000, 50);

    assertThat(Lease.claimed(second, 1, "a", 1000, 60)).isEqualTo(second);
    assertThat(Lease.claimed(new Lease.Released(2, "b"), 2, "a", 1000, 60))
        .isEqualTo(new Lease.Released(2, "b"));
  }

  @Test
  void shouldLiveAsLongAsItsHolderIsHeard() {
    Lease.Held heard = (Lease.Held) Lease.heard(FIRST, 1, "a", 900);

    assertThat(((Lease.Held) FIRST).liveAt(1049)).isTrue();
    assertThat(((Lease.Held) FIRST).liveAt(1050)).isFalse();
    assertThat(heard.liveAt(1899)).isTrue();
  }

  @Test
  void shouldNotBeKeptByAnybodyElse() {
    assertThat(Lease.heard(FIRST, 1, "b", 900)).isEqualTo(FIRST);
    assertThat(Lease.heard(FIRST, 2, "a", 900)).isEqualTo(FIRST);
    assertThat(Lease.heard(UNCLAIMED, 1, "a", 900)).isEqualTo(UNCLAIMED);
  }

  @Test
  void shouldBeReleasedByItsHolderOnly() {
    assertThat(Lease.released(FIRST, 1, "a")).isEqualTo(new Lease.Released(1, "a"));
    assertThat(Lease.released(FIRST, 1, "b")).isEqualTo(FIRST);
    assertThat(Lease.released(FIRST, 2, "a")).isEqualTo(FIRST);
    assertThat(Lease.released(UNCLAIMED, 1, "a")).isEqualTo(UNCLAIMED);
  }
}
