package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.ResidentMemory;

/** One piece of our work in a process of its own: NAME and a JSON object in, a JSON line out. */
public final class Work {
  private Work() {}

  public static void main(String[] arguments) throws Exception {
    JsonNode task = new JsonMapper().readTree(arguments[1]);
    // The caller reads the last line, whatever libraries print before it.
    System.out.println(run(arguments[0], task));
    System.exit(0);
  }

  private static ObjectNode run(String name, JsonNode task) throws Exception {
    try {
      ObjectNode result =
          switch (name) {
            case "sft" -> SftWork.run(task);
            case "adapters" -> AdaptersWork.run(task);
            case "preference" -> PreferenceWork.run(task);
            case "grpo" -> GrpoWork.run(task);
            case "learn" -> LearnWork.run(task);
            case "quality" -> QualityWork.run(task);
            case "soak" -> SoakWork.run(task);
            case "score" -> ScoreWork.run(task);
            case "step" -> StepWork.run(task);
            case "decode" -> DecodeWork.run(task);
            case "load" -> LoadWork.run(task);
            case "workstation" -> WorkstationWork.run(task);
            case "peaks" -> PeaksWork.run(task);
            case "ingest" -> IngestWork.run(task);
            default -> throw new IllegalArgumentException("no work is called " + name);
          };
      return result.put("peakMegabytes", ResidentMemory.peak().orElse(0) / 1e6);
    } catch (LlmException e) {
      return new JsonMapper().createObjectNode().put("error", e.code() + ": " + e.getMessage());
    }
  }
}
