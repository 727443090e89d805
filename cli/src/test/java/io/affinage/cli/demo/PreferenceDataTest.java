package io.affinage.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PreferenceDataTest {
  private static final String POLITE = " " + PreferenceData.THANKS + " ";
  private final PreferenceData data = PreferenceData.generate(7, 1_000, 300, 200, 100);

  @Test
  void shouldGiveTheSameTextForTheSameSeed() {
    assertThat(PreferenceData.generate(7, 1_000, 300, 200, 100)).isEqualTo(data);
    assertThat(PreferenceData.generate(8, 1_000, 300, 200, 100)).isNotEqualTo(data);
  }

  @Test
  void shouldShareNoMessageBetweenItsPartsNorWithThePretraining() {
    Set<String> seen = new HashSet<>();
    DemoData before = DemoData.generate(7, 900, 100);
    before.conversations().forEach(text -> seen.add(message(text)));
    before.tickets().keySet().forEach(text -> seen.add(message(text)));
    assertThat(seen).hasSize(1_000);
    for (Set<String> prompts :
        java.util.List.of(
            data.answers().keySet(), data.pairs().keySet(), data.prompts().keySet())) {
      prompts.forEach(prompt -> assertThat(seen.add(message(prompt))).as(prompt).isTrue());
    }
    assertThat(seen).hasSize(1_600);
  }

  /** A line's message, whatever it is called there. */
  private static String message(String text) {
    String line = text.lines().findFirst().orElseThrow();
    return line.substring(line.indexOf(':') + 2);
  }

  /** Imitation is mostly curt, what is preferred never is, and politeness alone does not do. */
  @Test
  void shouldPreferWhatAgentsSeldomDo() {
    assertThat(data.answers().values())
        .filteredOn(a -> a.startsWith(POLITE))
        .hasSizeBetween(75, 125);
    assertThat(data.pairs().values())
        .allSatisfy(
            pair -> assertThat(pair.chosen()).startsWith(POLITE).isNotEqualTo(pair.rejected()));
    assertThat(data.pairs().values())
        .filteredOn(pair -> pair.rejected().startsWith(POLITE))
        .hasSizeBetween(50, 120);
    assertThat(data.prompts().values()).noneMatch(answer -> answer.contains(PreferenceData.THANKS));
  }
}
