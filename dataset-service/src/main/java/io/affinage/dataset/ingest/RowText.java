package io.affinage.dataset.ingest;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.NormalRow.ToolCall;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Writes rows as Jackson's databind would, field by field instead of by reflection, which a first
 * dataset would wait for. Not for several threads.
 */
final class RowText {
  private static final ObjectMapper JSON = new JsonMapper();

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
  private final JsonGenerator json;

  RowText() {
    try {
      json = JSON.getFactory().createGenerator(bytes, JsonEncoding.UTF8);
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
      text("chosen_text", row.chosenText());
      text("rejected_text", row.rejectedText());
      if (row.label() != null) {
        json.writeBooleanField("label", row.label());
      }
      if (row.tools() != null) {
        json.writeArrayFieldStart("tools");
        for (JsonNode tool : row.tools()) {
          JSON.writeTree(json, tool);
        }
        json.writeEndArray();
      }
      if (row.margin() != null) {
        json.writeNumberField("margin", row.margin());
      }
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
      text("content", turn.content());
      text("reasoning_content", turn.reasoningContent());
      calls(turn.toolCalls());
      text("tool_call_id", turn.toolCallId());
      text("name", turn.name());
      if (turn.weight() != null) {
        json.writeNumberField("weight", turn.weight());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void calls(List<ToolCall> calls) throws IOException {
    if (calls == null) {
      return;
    }
    json.writeArrayFieldStart("tool_calls");
    for (ToolCall call : calls) {
      json.writeStartObject();
      text("id", call.id());
      text("type", call.type());
      json.writeObjectFieldStart("function");
      text("name", call.function().name());
      json.writeFieldName("arguments");
      JSON.writeTree(json, call.function().arguments());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
