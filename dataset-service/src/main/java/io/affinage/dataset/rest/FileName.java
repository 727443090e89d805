package io.affinage.dataset.rest;

import io.affinage.events.NameRule;
import io.affinage.service.rest.ApiException;
import java.util.regex.Pattern;

/** The name of an upload: shown, and a hint for the format; never a path. */
final class FileName {
  private static final Pattern NOT_IN_DATASET_NAMES = Pattern.compile("[^A-Za-z0-9._-]+");

  private FileName() {}

  static String checked(String name) {
    if (name == null || name.isBlank()) {
      throw ApiException.invalid("invalid_filename", "the file has no name", "file");
    }
    if (!NameRule.LABEL.allows(name)) {
      throw ApiException.invalid(
          "invalid_filename", "a file's name must be " + NameRule.LABEL.words(), "file");
    }
    return name;
  }

  /** What is left of it as a dataset's name. */
  static String datasetName(String filename) {
    String name = NOT_IN_DATASET_NAMES.matcher(filename).replaceAll("_").replaceAll("^[.-]+", "");
    return name.isEmpty() ? "upload" : name.substring(0, Math.min(name.length(), 100));
  }
}
