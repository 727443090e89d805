package io.affinage.llm.tool;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.ModelHeader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Tells what a model's files say, or why they cannot be used, before a weight is loaded: asked with
 * {@code {"model": PATH}}, answers with a {@link ModelHeader}'s fields.
 */
public final class HeaderTool {
  private static final ObjectMapper JSON = new ObjectMapper();

  private HeaderTool() {}

  public static void main(String[] arguments) throws IOException {
    ToolProcess.main(HeaderTool::answer);
  }

  static ObjectNode answer(InputStream request) throws IOException {
    ModelHeader header = ModelHeader.read(Path.of(JSON.readTree(request).path("model").asText()));
    return JSON.createObjectNode()
        .put("architecture", header.architecture())
        .put("parameters", header.parameters())
        .put("context_length", header.contextLength())
        .put("chat_template", header.hasChatTemplate());
  }
}
