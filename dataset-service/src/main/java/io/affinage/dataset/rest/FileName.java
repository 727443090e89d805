package io.affinage.dataset.rest;

import io.affinage.service.rest.ApiException;
import java.util.regex.Pattern;

/** The name of an upload: shown, and a hint for the format; never a path. */
final class FileName {
  private static final int MAX = 200;
  private static final Pattern UNSAFE = Pattern.compile("[/\\\\\\p{Cntrl}]");
  private static final Pattern NOT_IN_DATASET_NAMES = Pattern.compile("[^A-Za-z0-9._-]+");

  private FileName() {}

  static String checked(String name) {
    if (name == null || name.isBlank()) {
      throw ApiException.invalid("invalid_filename", "the file has no name", "file");
    }
    if (name.length() > MAX
        || UNSAFE.matcher(name).find()
        || name.equals(".")
        || name.equals("..")) {
      throw ApiException.invalid(
          "invalid_filename",
          "a file's name has at most "
              + MAX
              + " characters, no '/', no '\\' and no control"
              + " characters",
          "file");
    }
    return name;
  }

  /** What is left of it as a dataset's name. */
  static String datasetName(String filename) {
    String name = NOT_IN_DATASET_NAMES.matcher(filename).replaceAll("_").replaceAll("^\\.+", "");
    return name.isEmpty() ? "upload" : name.substring(0, Math.min(name.length(), 100));
  }
}
