package io.affinage.llm.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.tool.ToolProcess;
import java.io.IOException;
import java.io.InputStream;

/**
 * Exports as a process of its own, asked with an {@link ExportRequest}. For programs that should
 * not load the model library themselves, as the command line does not.
 */
public final class ExportTool {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ExportTool() {}

  public static void main(String[] arguments) throws IOException {
    ToolProcess.main(ExportTool::answer);
  }

  private static ObjectNode answer(InputStream request) {
    Exported exported = ExportRequest.read(request).run();
    ObjectNode json = JSON.createObjectNode();
    json.put("folder", exported.folder().toAbsolutePath().toString());
    json.put("logit_error", exported.logitError());
    json.set("files", JSON.valueToTree(exported.files()));
    json.set("notes", JSON.valueToTree(exported.notes()));
    return json;
  }
}
