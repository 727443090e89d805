package io.affinage.llm.error;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * What a file is by its first bytes, for words on one that lies in another's place: a file that was
 * not fetched, a page that was saved in place of it, or another format under its name.
 */
public enum FileKind {
  LFS_POINTER(
      "a Git LFS pointer: the file itself was not fetched; fetch it with 'git lfs pull', or download it from its page"),
  WEB_PAGE(
      "a web page (HTML), not the file: a download link gave a page, as it does where a login or another link is needed; fetch it again"),
  PICKLE_ZIP(
      "a zip archive: unpack it where it holds a model's files; where torch.save wrote it, pickles are not read, since they can run code: save the model with transformers' save_pretrained, which writes safetensors"),
  PICKLE(
      "a Python pickle: pickles are not read, since they can run code; save the model with transformers' save_pretrained, which writes safetensors"),
  GZIP("a gzip archive: unpack it first"),
  TAR("a tar archive: unpack it first"),
  GGUF("a GGUF file: its name must end in .gguf"),
  SAFETENSORS("a safetensors file: its name must end in .safetensors"),
  JSON("JSON text"),
  /** Nothing that is told apart. */
  OTHER("something else");

  private static final int HEAD = 512;
  private static final String LFS = "version https://git-lfs.github.com/spec/";

  private final String what;

  FileKind(String what) {
    this.what = what;
  }

  /** What it is and what to do, after "is". */
  public String what() {
    return what;
  }

  /** {@link #OTHER} where the file cannot be read. */
  public static FileKind of(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return of(in.readNBytes(HEAD));
    } catch (IOException e) {
      return OTHER;
    }
  }

  /**
   * @param head the first bytes, 512 where there are as many
   */
  public static FileKind of(byte[] head) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (text.startsWith(LFS)) {
      return LFS_POINTER;
    }
    // First: any length of a header may begin with another format's magic number.
    if (head.length > 8 && head[8] == '{' && head[4] == 0 && head[5] == 0 && head[6] == 0) {
      return SAFETENSORS;
    }
    if (text.startsWith("GGUF")) {
      return GGUF;
    }
    if (text.startsWith("PK\u0003\u0004")) {
      return PICKLE_ZIP;
    }
    if (text.startsWith("\u001f\u008b")) {
      return GZIP;
    }
    // Protocols 2 to 5.
    if (head.length > 2 && text.charAt(0) == '\u0080' && head[1] >= 2 && head[1] <= 5) {
      return PICKLE;
    }
    if (text.startsWith("ustar", 257)) {
      return TAR;
    }
    String words = text.replace("\u00ef\u00bb\u00bf", "").stripLeading().toLowerCase(Locale.ROOT);
    if (words.startsWith("<!doctype html")
        || words.startsWith("<html")
        || words.startsWith("<?xml")) {
      return WEB_PAGE;
    }
    return words.startsWith("{") || words.startsWith("[") ? JSON : OTHER;
  }

  /**
   * Words on a file that is known to be something other than what its place is for.
   *
   * @return {@code FILE is ...}; empty where its kind is the one that is wanted, or not told apart
   */
  public static Optional<String> foreign(Path file, FileKind wanted) {
    FileKind kind = of(file);
    return kind == wanted || kind == OTHER
        ? Optional.empty()
        : Optional.of("%s is %s".formatted(file, kind.what()));
  }
}
