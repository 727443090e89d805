package io.affinage.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Files and folders by content hash. Putting the same content twice stores it once. Everything read
 * back is verified against its digest the first time it is used. Safe for use by several processes.
 */
public interface ArtifactStore {

  /** Stores a file. Atomic: a reader sees all of it or nothing. */
  Artifact putFile(Path file) throws IOException;

  /** Stores a stream; closes it. */
  Artifact put(InputStream content) throws IOException;

  /** Stores a folder with everything below it; links out of the folder are refused. */
  Artifact putFolder(Path folder) throws IOException;

  /** Whether the store has this artifact (for a folder: its manifest). */
  boolean has(String digest) throws IOException;

  /** The artifact's bytes. @throws ArtifactNotFoundException when the store lacks it */
  InputStream open(String digest) throws IOException;

  /**
   * One file of a folder artifact. @throws ArtifactNotFoundException when folder or path is absent
   */
  InputStream open(String folderDigest, String path) throws IOException;

  /**
   * A local read-only file with the artifact's bytes, fit for memory mapping; valid as long as the
   * process lives.
   */
  Path localFile(String digest) throws IOException;

  /** A local read-only directory with the folder's files, fit for memory mapping. */
  Path localFolder(String digest) throws IOException;
}
