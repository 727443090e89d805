package io.affinage.llm.export;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.List;

/** Writes an adapter as PEFT keeps it, and holds what was written to the live adapter. */
public final class AdapterExport {
  /** Matrices are stored as they are, so logits are the same but for the order of threads' sums. */
  private static final double LIMIT = 1e-6;

  private AdapterExport() {}

  /**
   * Writes {@code adapter_config.json} and {@code adapter_model.safetensors} into a new folder.
   *
   * @param baseModel {@code base_model_name_or_path}: what a reader loads the base by
   * @throws LlmException {@code export_mismatch}, {@code export_target_not_empty}, {@code
   *     export_not_written}, {@code adapter_is_zero}, {@code adapter_not_written}
   */
  public static Exported peft(LanguageModel model, Adapter adapter, Path folder, String baseModel) {
    try (StagedFolder staged = StagedFolder.beside(folder)) {
      PeftFolder.save(adapter, staged.path(), baseModel);
      double error = 0;
      if (adapter.takenRank().isPresent()) {
        // Its file belongs to other weights than this model has.
        PeftFolder.requireStored(adapter, staged.path());
      } else {
        LogitProbe probe = LogitProbe.of(model, adapter);
        try (Adapter written = model.loadAdapter(staged.path())) {
          error = probe.require(model, written, LIMIT);
        }
      }
      List<ExportedFile> files = staged.files();
      staged.publish();
      return new Exported(folder, files, error);
    }
  }
}
