package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.llm.error.LlmException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked, and what rewards are shown of it. */
class PromptsTest {
  @TempDir private Path folder;

  private PromptRow row(String json) throws Exception {
    Files.writeString(folder.resolve("train.jsonl"), json.replace('\'', '"') + "\n");
    return DatasetRows.prompts(folder, "train").rows().get(0);
  }

  @Test
  void shouldShowRewardsTheTurnsBeforeTheAnswer() throws Exception {
    assertThat(row("{'id':'a','prompt':'2+2?','completion':'4'}").messages()).isNull();
    PromptRow single =
        row(
            "{'id':'b','messages':[{'role':'user','content':'2+2?'},{'role':'assistant','content':'4'}]}");
    assertThat(single.messages()).isNull();
    assertThat(single.question()).isEqualTo("2+2?");
    assertThat(single.reference()).isEqualTo("4");

    PromptRow several =
        row(
            "{'id':'c','messages':[{'role':'system','content':'Be brief.'},{'role':'user','content':'2+2?'},{'role':'assistant','content':'4'}],'tools':[{'type':'function'}]}");
    assertThat(several.messages())
        .containsExactly(new ChatMessage("system", "Be brief."), new ChatMessage("user", "2+2?"));
    assertThat(several.tools()).hasSize(1);
    assertThat(several.question()).isEqualTo("2+2?");
    assertThat(several.reference()).isEqualTo("4");
  }

  /** The usual form of data for answers that are sampled. */
  @Test
  void shouldAskPromptsWithoutAnswers() throws Exception {
    PromptRow text = row("{'id':'a','prompt':'2+2?'}");
    assertThat(text.question()).isEqualTo("2+2?");
    assertThat(text.reference()).isNull();
    PromptRow chat =
        row(
            "{'id':'b','messages':[{'role':'user','content':'Hi'},{'role':'assistant','content':'Yes?'},{'role':'user','content':'2+2?'}]}");
    assertThat(chat.question()).isEqualTo("2+2?");
    assertThat(chat.reference()).isNull();
    assertThat(chat.messages())
        .extracting(ChatMessage::content)
        .isEqualTo(List.of("Hi", "Yes?", "2+2?"));
    assertThatThrownBy(() -> row("{'id':'c','messages':[{'role':'assistant','content':'4'}]}"))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("asks nothing");
  }
}
