package io.affinage.artifacts;

/** The store has nothing under this digest. */
public final class ArtifactNotFoundException extends ArtifactStoreException {
  public ArtifactNotFoundException(String digest) {
    super(ArtifactFault.ARTIFACT_NOT_FOUND, "the artifact store has no " + digest);
  }

  public ArtifactNotFoundException(String folderDigest, String path) {
    super(
        ArtifactFault.ARTIFACT_NOT_FOUND,
        "the folder " + folderDigest + " in the artifact store has no file '" + path + "'");
  }
}
