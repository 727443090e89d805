package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TopicsTest {

  /** An event that no topic takes can be made, and never sent. */
  @ParameterizedTest
  @EnumSource
  void shouldHaveATopicForEveryEvent(EventType type) {
    assertThat(Topics.all()).anyMatch(topic -> topic.accepts().contains(type));
  }
}
