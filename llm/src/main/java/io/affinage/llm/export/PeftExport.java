package io.affinage.llm.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.ModelTexts;
import io.affinage.llm.adapter.AdapterType;
import io.affinage.llm.adapter.AdapterTypes;
import io.affinage.llm.adapter.ChangedBase;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes a stored adapter as PEFT's users expect it: the matrices as they are, a configuration that
 * names the base by a name which PEFT resolves, the base's tokenizer and chat template, and a model
 * card.
 */
public final class PeftExport {
  private PeftExport() {}

  /**
   * Fills a new folder.
   *
   * @param base what {@link io.affinage.llm.LanguageModel#open} takes; for its tokenizer
   * @param adapter a PEFT folder
   * @param baseName a hub id, {@code id@revision}, or a path
   * @throws LlmException {@code export_target_not_empty}, {@code export_not_written}, and what
   *     reading the adapter and the tokenizer throws
   */
  public static Exported write(
      Path base, Path adapter, Path folder, String baseName, ModelCard card) {
    BaseName named = BaseName.of(baseName);
    ObjectNode config = PeftConfig.json(adapter);
    AdapterType type = AdapterTypes.of(adapter, config);
    try (StagedFolder staged = StagedFolder.beside(folder)) {
      PeftConfig.write(
          staged.path(), PeftConfig.withBase(config, named.nameOrPath(), named.revision()));
      PeftFolder.copyWeights(adapter, staged.path());
      boolean scores = RewardModel.isAdapter(adapter);
      // A reward model pads with another token than its base.
      (scores && Files.exists(adapter.resolve("tokenizer.json"))
              ? TokenizerDefinition.fromFolder(adapter)
              : ModelTexts.definition(base))
          .writeTo(staged.path());
      Optional<Rendering> rendering = scores ? Rendering.read(adapter) : Optional.empty();
      if (rendering.isPresent()) {
        rendering.get().write(staged.path());
      }
      List<String> notes = new ArrayList<>();
      if (type.isInPeft()) {
        named.note().ifPresent(notes::add);
      } else {
        notes.add(
            "PEFT has no adapters of type %s and does not open this one; Affinage does, beside the same base."
                .formatted(type.name()));
      }
      if (ChangedBase.isFor(adapter)) {
        notes.add(
            "The adapter was trained beside weights that had lost what it began with before they were quantized. Beside the base's own weights it is the same but for what quantization took from those; the model that was trained is exported merged (--format hf).");
      }
      ModelCard noted = card.noting(notes);
      staged.text(
          "README.md",
          scores ? noted.rewardModelMarkdown("peft") : noted.adapterMarkdown(type.isInPeft()));
      List<ExportedFile> files = staged.files();
      staged.checksums(files);
      staged.publish();
      return new Exported(folder, files, 0, notes);
    } catch (IOException e) {
      throw new LlmException(
          "export_not_written", "%s cannot be written: %s".formatted(folder, e.getMessage()), e);
    }
  }
}
