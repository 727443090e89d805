package io.affinage.dataset.ingest;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Writes rows as Jackson's databind would, field by field instead of by reflection, which a first
 * dataset would wait for. Not for several threads.
 */
final class RowText {
  private static final JsonFactory JSON = new JsonFactory();

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
  private final JsonGenerator json;

  RowText() {
    try {
      json = JSON.createGenerator(bytes, JsonEncoding.UTF8);
      json.setPrettyPrinter(new MinimalPrettyPrinter(""));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
  }

  /** The row's content, without its id, as it is hashed and written. */
  byte[] of(NormalRow row) {
    try {
      bytes.reset();
      json.writeStartObject();
      text("text", row.text());
      text("prompt", row.prompt());
      text("completion", row.completion());
      turns("messages", row.messages());
      turns("chosen", row.chosen());
      turns("rejected", row.rejected());
      json.writeEndObject();
      json.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
  }

  private void text(String field, String value) throws IOException {
    if (value != null) {
      json.writeStringField(field, value);
    }
  }

  private void turns(String field, List<ChatMessage> turns) throws IOException {
    if (turns == null) {
      return;
    }
    json.writeArrayFieldStart(field);
    for (ChatMessage turn : turns) {
      json.writeStartObject();
      json.writeStringField("role", turn.role());
      json.writeStringField("content", turn.content());
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
