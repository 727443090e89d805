package io.affinage.dataset.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.layout.Normalised;
import io.affinage.dataset.layout.Normaliser;
import io.affinage.dataset.layout.PromptKey;
import io.affinage.dataset.reading.FoundRow;
import io.affinage.dataset.reading.RawRow;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads, normalises, writes and hashes rows: the costly part. Safe for several threads. */
final class RowPreparation {
  private final Normaliser normaliser;
  private final Splitter splitter;
  private final int excerptCharacters;

  RowPreparation(Normaliser normaliser, Splitter splitter, int excerptCharacters) {
    this.normaliser = normaliser;
    this.splitter = splitter;
    this.excerptCharacters = excerptCharacters;
  }

  List<PreparedRow> prepare(List<FoundRow> rows) {
    RowText text = new RowText();
    Sha256 sha256 = new Sha256();
    List<PreparedRow> prepared = new ArrayList<>(rows.size());
    for (FoundRow row : rows) {
      prepared.add(prepare(row.read(), text, sha256));
    }
    return prepared;
  }

  private PreparedRow prepare(RawRow row, RowText text, Sha256 sha256) {
    if (row instanceof RawRow.Broken broken) {
      return faulty(broken);
    }
    ObjectNode fields = ((RawRow.Fields) row).fields();
    Normalised normalised = normaliser.normalise(fields);
    if (normalised instanceof Normalised.Bad bad) {
      return new PreparedRow.Faulty(row.line(), bad.fault(), excerpt(fields));
    }
    if (normalised instanceof Normalised.LeftOut left) {
      return new PreparedRow.LeftOut(left.note());
    }
    Normalised.Good good = (Normalised.Good) normalised;
    byte[] content = text.of(good.row());
    ByteBuffer hash = sha256.of(content);
    Split split = splitter.of(PromptKey.of(good.row()), sha256);
    return new PreparedRow.Usable(
        content, hash.getLong(), hash.getLong(), split, good.unusedColumns(), good.notes());
  }

  static PreparedRow faulty(RawRow.Broken broken) {
    return new PreparedRow.Faulty(broken.line(), broken.fault(), broken.raw());
  }

  private String excerpt(JsonNode fields) {
    String text = fields.toString();
    int cut = Math.min(text.length(), excerptCharacters);
    if (cut > 0 && cut < text.length() && Character.isHighSurrogate(text.charAt(cut - 1))) {
      cut--;
    }
    return wellFormed(text.substring(0, cut));
  }

  private static String wellFormed(String text) {
    // Encoding puts '?' for half a surrogate pair, which a bad row may hold.
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
