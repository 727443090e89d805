package io.affinage.llm.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.llm.FamilyFixture;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.model.config.DecoderConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelNotesTest {

  @Test
  void shouldSayWhatIsLeftOutOfAModelWithImages() {
    assertThat(notes("gemma3-vision"))
        .singleElement()
        .asString()
        .contains("the text model of a Gemma3ForConditionalGeneration")
        .contains("multi_modal_projector: 2 tensors, vision_tower: 21 tensors")
        .contains("images are not taken");
  }

  /** GPT-2's is not 0 where nothing is said. */
  @Test
  void shouldNameTheDropoutThatTrainingDoesNotApply() {
    String expected = "(attn_pdrop 0.1, embd_pdrop 0.1, resid_pdrop 0.1)";
    assertThat(notes("gpt2")).singleElement().asString().contains(expected);
    Checkpoint gpt2 = FamilyFixture.named("gpt2").checkpoint();
    var silent = gpt2.config().json();
    silent.remove(List.of("attn_pdrop", "embd_pdrop", "resid_pdrop"));
    DecoderConfig config = DecoderConfig.of(new ModelMetadata("config.json", silent));
    assertThat(ModelNotes.of(gpt2, config)).singleElement().asString().contains(expected);
  }

  @Test
  void shouldSayNothingWhereEverythingIsUsed() {
    for (String family : List.of("qwen2", "gemma3", "phi3", "gpt-neox", "llama3-rope")) {
      assertThat(notes(family)).as(family).isEmpty();
    }
  }

  private static List<String> notes(String family) {
    Checkpoint checkpoint = FamilyFixture.named(family).checkpoint();
    return ModelNotes.of(checkpoint, DecoderFiles.config(checkpoint));
  }
}
