package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of questions before they are asked. */
class PromptsTest {
  @TempDir private Path folder;

  @Test
  void shouldTellOfTurnsThatARewardModelIsNotShown() throws Exception {
    String single =
        """
        {"id":"a","prompt":"2+2?","completion":"4"}
        {"id":"b","messages":[{"role":"user","content":"2+2?"},{"role":"assistant","content":"4"}]}
        """;
    Files.writeString(folder.resolve("train.jsonl"), single);
    assertThat(Prompts.unseenTurns(DatasetRows.prompts(folder, "train").rows())).isEmpty();

    Files.writeString(
        folder.resolve("train.jsonl"),
        single
            + """
            {"id":"c","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"2+2?"},{"role":"assistant","content":"4"}]}
            """);
    assertThat(Prompts.unseenTurns(DatasetRows.prompts(folder, "train").rows()))
        .hasValueSatisfying(
            warning -> {
              assertThat(warning.code()).isEqualTo("reward_sees_last_turn");
              assertThat(warning.message()).startsWith("in 1 of 3 rows");
            });
  }
}
