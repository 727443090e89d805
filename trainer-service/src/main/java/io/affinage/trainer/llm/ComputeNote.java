package io.affinage.trainer.llm;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The precision that a run began in, kept beside its checkpoints: "auto" may mean another one on
 * the machine that resumes, and the result would no longer be the same bits.
 *
 * @param dtype as users write it
 */
record ComputeNote(String dtype) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FILE = "compute.json";

  static void write(Path checkpoint, Precision precision) {
    try {
      JSON.writeValue(checkpoint.resolve(FILE).toFile(), new ComputeNote(precision.torchName()));
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written", "cannot write a checkpoint to " + checkpoint + ": " + e, e);
    }
  }

  /** The dtype to use, whatever is asked for. */
  static String dtype(Path checkpoint) {
    try {
      return JSON.readValue(checkpoint.resolve(FILE).toFile(), ComputeNote.class).dtype();
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_mismatch",
          "the checkpoint has no readable " + FILE + ": " + e.getMessage(),
          e);
    }
  }
}
