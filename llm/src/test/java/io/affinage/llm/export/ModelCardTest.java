package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelCardTest {

  @Test
  void shouldTellWhereAModelComesFrom() {
    String card =
        new ModelCard(
                "desk: \"helper\"\n---\nevil: true",
                Optional.of("HuggingFaceTB/SmolLM2-135M"),
                Optional.of("/data/my tickets.jsonl"),
                Optional.of("apache-2.0"),
                Map.of("learningRate", "2e-4", "loraAlpha", "32"),
                Map.of("train_loss", 0.25, "steps", 150.0, "grad_norm", Double.NaN),
                Map.of("dataset", "sha256:ab|cd"),
                List.of("Without\nimages."))
            .markdown();

    assertThat(card)
        .startsWith("---\nlibrary_name: transformers\n")
        .contains("base_model: \"HuggingFaceTB/SmolLM2-135M\"\n")
        .contains("- name: \"desk: \\\"helper\\\"\\n---\\nevil: true\"\n")
        .contains("    - type: \"train_loss\"\n      value: 0.25\n")
        .contains("      value: .nan\n")
        .contains("| learningRate | 2e-4 |")
        .contains("| steps | 150 |")
        .contains("| dataset | sha256:ab\\|cd |")
        .contains("\n\nWithout images.\n")
        .contains("# desk: \"helper\" --- evil: true\n")
        .doesNotContain("datasets:\n");
    assertThat(card.lines().filter("---"::equals)).hasSize(2);
  }
}
