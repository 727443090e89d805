package io.affinage.llm.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.QuantizedFolder;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Quantizes a model's folder as a process of its own. Reads {@code {"model", "target", "double"}},
 * tells progress on standard error, and answers {@code {"folder", "weights"}} or {@code {"error":
 * {"code", "message"}}}.
 */
public final class QuantizeTool {
  private static final ObjectMapper JSON = new ObjectMapper();

  private QuantizeTool() {}

  public static void main(String[] arguments) throws IOException {
    ToolProcess.main(QuantizeTool::answer);
  }

  static ObjectNode answer(InputStream request) throws IOException {
    JsonNode asked = JSON.readTree(request);
    Path target = Path.of(asked.path("target").asText());
    ObjectNode answer = JSON.createObjectNode();
    QuantizedFolder.write(
        Path.of(asked.path("model").asText()),
        target,
        asked.path("double").asBoolean(true),
        Precision.BFLOAT16,
        (file, weights, of) -> {
          System.err.printf("%s: %d of %d weights%n", file.getFileName(), weights, of);
          answer.put("weights", weights);
        });
    return answer.put("folder", target.toAbsolutePath().toString());
  }
}
