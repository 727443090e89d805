package io.affinage.llm;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.TokenizerDefinition;
import java.nio.file.Path;

/** The text side of a model's files, without its weights. */
public final class ModelTexts {
  private ModelTexts() {}

  /**
   * @param model what {@link LanguageModel#open} takes
   * @throws LlmException as opening the model would
   */
  public static TokenizerDefinition definition(Path model) {
    return LanguageModel.definition(Checkpoint.open(model), model);
  }
}
