package io.affinage.trainer.llm;

import io.affinage.llm.LanguageModel;
import java.nio.file.Path;

/** Opens the whole model that a job starts from, in the form in which the job keeps it. */
@FunctionalInterface
interface BaseOpener {
  /**
   * @param model its files
   * @throws io.affinage.llm.error.LlmException as the model library throws it
   */
  LanguageModel open(Path model);
}
