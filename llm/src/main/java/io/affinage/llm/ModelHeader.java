package io.affinage.llm;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.text.TokenizerDefinition;
import java.nio.file.Path;

/**
 * What a model's files say of it, read without loading a weight or a native library.
 *
 * @param architecture the family, as {@code config.json} names it
 * @param parameters elements of all stored tensors
 * @param contextLength in tokens
 * @param hasChatTemplate whether it can be asked as a chat
 */
public record ModelHeader(
    String architecture, long parameters, int contextLength, boolean hasChatTemplate) {

  /**
   * Reads and checks configuration, the headers of the weights, and the tokenizer.
   *
   * @param path as for {@link LanguageModel#open(Path, io.affinage.llm.tensor.Compute)}
   * @throws LlmException as opening the model would, but for weights that are no finite numbers
   */
  public static ModelHeader read(Path path) {
    Checkpoint checkpoint = Checkpoint.open(path);
    DecoderConfig config = DecoderFiles.config(checkpoint);
    DecoderFiles.requireFit(checkpoint, config);
    TokenizerDefinition definition = LanguageModel.definition(checkpoint, path);
    VocabularyFit.require(definition, config.shape().vocabularySize());
    return new ModelHeader(
        config.architecture().className(),
        checkpoint.names().stream().mapToLong(name -> checkpoint.entry(name).elements()).sum(),
        config.shape().maxPositions(),
        definition.chatTemplates().containsKey(TokenizerDefinition.DEFAULT));
  }
}
