package io.affinage.llm.export;

import java.nio.file.Path;
import java.util.List;

/**
 * A finished export: written, read back, compared, moved into place.
 *
 * @param folder where the files are
 * @param files sorted by name
 * @param logitError by how much logits of the files differ from the live model's: root mean square
 *     of the difference, but for a common shift, over the standard deviation of the logits
 * @param notes what a reader of the files must know, in sentences; mostly none
 */
public record Exported(
    Path folder, List<ExportedFile> files, double logitError, List<String> notes) {
  public Exported {
    files = List.copyOf(files);
    notes = List.copyOf(notes);
  }

  Exported(Path folder, List<ExportedFile> files, double logitError) {
    this(folder, files, logitError, List.of());
  }
}
