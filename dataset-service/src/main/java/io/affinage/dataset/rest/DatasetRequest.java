package io.affinage.dataset.rest;

import io.affinage.events.ContentIds;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.FileUploaded;
import io.affinage.events.KeptAnswers;
import io.affinage.events.SplitPolicy;
import java.util.Map;

/**
 * A dataset that is to be made of an uploaded file, read as it says; see {@link DatasetSubmitted}.
 *
 * @param file the id of the file
 * @param name the dataset's; null for the file's
 */
public record DatasetRequest(
    String file,
    String name,
    DatasetFormat format,
    DatasetLayout layout,
    Map<String, String> columns,
    Map<String, String> constants,
    SplitPolicy split,
    Boolean strict,
    String encoding,
    String separator,
    KeptAnswers keep) {

  /** The submission; asking for the same of the same file is the same one. */
  DatasetSubmitted of(FileUploaded uploaded) {
    String shown = name == null ? FileName.datasetName(uploaded.filename()) : name;
    String id =
        "dataset-"
            + ContentIds.of(
                uploaded.artifact().digest(),
                uploaded.filename(),
                shown,
                format,
                layout,
                columns,
                constants,
                split,
                Boolean.TRUE.equals(strict),
                encoding,
                separator,
                keep);
    return new DatasetSubmitted(
        id,
        shown,
        new DatasetSource.Stored(uploaded.artifact(), uploaded.filename(), columns, constants),
        format,
        layout,
        split,
        Boolean.TRUE.equals(strict),
        null,
        encoding,
        separator,
        keep);
  }
}
