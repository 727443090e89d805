package io.affinage.artifacts;

/** What a path inside a folder artifact may look like: relative, portable, inside the folder. */
final class FolderPath {
  private FolderPath() {}

  static void check(String path) throws ArtifactStoreException {
    if (path == null || path.isEmpty()) {
      throw refuse(path, "is empty");
    }
    if (path.indexOf('\\') >= 0) {
      throw refuse(path, "has a backslash, which is a separator on some systems");
    }
    if (path.chars().anyMatch(Character::isISOControl)) {
      throw refuse(path, "has a control character");
    }
    for (String name : path.split("/", -1)) {
      if (name.isEmpty()) {
        throw refuse(path, "is absolute or has an empty name");
      }
      if (name.equals(".") || name.equals("..")) {
        throw refuse(path, "has a '" + name + "'");
      }
    }
  }

  private static ArtifactStoreException refuse(String path, String why) {
    return new ArtifactStoreException(
        ArtifactFault.ARTIFACT_PATH_INVALID,
        "the path '" + printable(path) + "' " + why + "; name files relative to their folder");
  }

  private static String printable(String path) {
    return path == null ? "" : path.replaceAll("\\p{Cntrl}", "?");
  }
}
