package io.affinage.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DemoDataTest {
  private final DemoData data = DemoData.generate(7, 10_000, 700);

  @Test
  void shouldGiveTheSameTextForTheSameSeed() {
    assertThat(DemoData.generate(7, 10_000, 700)).isEqualTo(data);
    assertThat(DemoData.generate(8, 10_000, 700)).isNotEqualTo(data);
  }

  @Test
  void shouldStayTheSameBetweenVersionsSoThatWhatWasTrainedIsReused() {
    assertThat(data.conversations().get(0))
        .isEqualTo(
            "Customer: Hi there, the jacket stopped while I was using it. My neighbour has the same one. This cannot wait.\n"
                + "Agent: A technician will repair the jacket. A technician will call you. I have passed this to repair with high priority.");
  }

  @Test
  void shouldKeepEveryMessageOfTheTaskOutOfThePretrainingText() {
    Set<String> pretrained =
        data.conversations().stream()
            .map(text -> text.lines().findFirst().orElseThrow().substring("Customer: ".length()))
            .collect(Collectors.toSet());
    assertThat(pretrained).hasSize(10_000);
    assertThat(data.tickets()).hasSize(700);
    assertThat(data.tickets().keySet())
        .noneMatch(
            prompt -> pretrained.contains(prompt.lines().findFirst().orElseThrow().substring(9)));
  }

  @Test
  void shouldUseEveryQueueAndPriority() {
    Set<String> filed = new HashSet<>();
    data.tickets().values().forEach(ticket -> filed.add(ticket.strip().split(":")[0]));
    List<String> expected =
        SupportGrammar.queues().stream()
            .flatMap(queue -> List.of(queue + ", normal", queue + ", high").stream())
            .toList();
    assertThat(filed).containsExactlyInAnyOrderElementsOf(expected);
  }
}
