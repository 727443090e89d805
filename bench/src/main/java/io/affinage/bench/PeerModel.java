package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;

/** The model as peers read it. */
final class PeerModel {
  private PeerModel() {}

  /**
   * The Hugging Face folder of the model; a GGUF file is converted once, in float32, by
   * transformers.
   */
  static Path folder(Setup setup, Sides sides) {
    if (setup.peerModel() != null) {
      return setup.peerModel();
    }
    if (Files.isDirectory(setup.model())) {
      return setup.model();
    }
    String name = setup.model().getFileName().toString().replaceFirst("\\.gguf$", "");
    Path folder = setup.work().resolve("peer-" + name);
    if (!Files.exists(folder.resolve("config.json"))) {
      JsonNode result =
          sides.peer(
              "convert_gguf",
              Sides.task().put("model", setup.model().toString()).put("out", folder.toString()));
      if (result.has("error")) {
        throw new BenchException(
            "the peers' copy of the model cannot be made: "
                + result.get("error").asText()
                + "; give one with --peer-model");
      }
    }
    return folder;
  }
}
