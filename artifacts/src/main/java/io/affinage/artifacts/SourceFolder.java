package io.affinage.artifacts;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files below a folder that is to be stored. Links are followed as long as they stay inside.
 */
final class SourceFolder {
  private SourceFolder() {}

  /** Files by their path relative to the folder. */
  static SortedMap<String, Path> files(Path folder) throws IOException {
    Path real = folder.toRealPath();
    SortedMap<String, Path> files = new TreeMap<>();
    Files.walkFileTree(
        real,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            requireInside(real, path);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            if (!attributes.isRegularFile()) {
              throw refuse(path, "is a dangling link or neither a file nor a folder");
            }
            requireInside(real, path);
            String name = real.relativize(path).toString();
            String portable = name.replace(path.getFileSystem().getSeparator(), "/");
            FolderPath.check(portable);
            files.put(portable, path);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (e instanceof FileSystemLoopException) {
              throw refuse(path, "is a link to a folder that contains it");
            }
            throw e;
          }
        });
    return files;
  }

  private static void requireInside(Path folder, Path path) throws IOException {
    if (!path.toRealPath().startsWith(folder)) {
      throw refuse(path, "is a link out of the folder");
    }
  }

  private static ArtifactStoreException refuse(Path path, String why) {
    return new ArtifactStoreException(
        ArtifactFault.ARTIFACT_LINK_REFUSED,
        path + " " + why + "; store a folder of plain files instead");
  }
}
