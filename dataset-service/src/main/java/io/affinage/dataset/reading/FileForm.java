package io.affinage.dataset.reading;

import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetFormat;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;

/**
 * How the bytes of a file are written, as far as it was said.
 *
 * @param format AUTO detects
 * @param encoding of text; null for UTF-8, or what a byte order mark says
 * @param separator of CSV: the character between fields, or {@code tab}; of plain text: the line
 *     between documents; null detects it
 */
public record FileForm(DatasetFormat format, String encoding, String separator) {
  /** Everything is detected. */
  public static final FileForm DETECTED = new FileForm(DatasetFormat.AUTO, null, null);

  /** Null stands for AUTO. */
  public FileForm {
    format = format == null ? DatasetFormat.AUTO : format;
    encoding = encoding == null || encoding.isBlank() ? null : encoding.strip();
    separator = separator == null || separator.isEmpty() ? null : separator;
  }

  /** Only the format is said; null for not even that. */
  public static FileForm of(DatasetFormat format) {
    return new FileForm(format, null, null);
  }

  /**
   * The named encoding, or null.
   *
   * @throws DatasetException {@code invalid_encoding}
   */
  Charset charset() {
    if (encoding == null) {
      return null;
    }
    try {
      return Charset.forName(encoding);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      throw new DatasetException(
          "invalid_encoding",
          "the encoding '"
              + Excerpt.of(encoding, 60)
              + "' is not known; name it as IANA does, for example utf-8, utf-16, windows-1252 or"
              + " iso-8859-1",
          "encoding");
    }
  }

  /**
   * The named character between the fields of a CSV file, or null.
   *
   * @throws DatasetException {@code invalid_separator}
   */
  Character fieldSeparator() {
    if (separator == null) {
      return null;
    }
    if (separator.equals("tab") || separator.equals("\\t")) {
      return '\t';
    }
    char c = separator.charAt(0);
    if (separator.length() != 1
        || c == '"'
        || c == '\n'
        || c == '\r'
        || c == '\uFEFF'
        || Character.isSurrogate(c)) {
      throw new DatasetException(
          "invalid_separator",
          "the separator '"
              + Excerpt.of(separator, 60)
              + "' cannot be between the fields of a CSV file: give one character other than a"
              + " quote or a line end, or tab",
          "separator");
    }
    return c;
  }
}
