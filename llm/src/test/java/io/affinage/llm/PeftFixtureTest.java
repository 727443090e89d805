package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A checkpoint that transformers wrote and an adapter that PEFT wrote (see
 * src/test/python/peft_fixture.py), against the numbers they compute.
 */
class PeftFixtureTest {
  @TempDir private Path folder;

  @Test
  void shouldComputeWhatPeftComputesAndKeepItThroughAFile() throws IOException {
    JsonNode golden = new ObjectMapper().readTree(resource("golden.json").toFile());
    int[] ids = new int[golden.get("ids").size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = golden.get("ids").get(i).asInt();
    }
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(root, Checkpoint.open(resource("base")), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, resource("adapter"))) {
      assertLogits(decoder, adapter, ids, golden.get("last_logits"));
      PeftFolder.save(adapter, folder, "tiny");
      try (Adapter again = PeftFolder.load(decoder, folder)) {
        assertLogits(decoder, again, ids, golden.get("last_logits"));
      }
      assertGradients(decoder, adapter, ids, golden);
    }
  }

  private static void assertLogits(Decoder decoder, Adapter adapter, int[] ids, JsonNode expected) {
    try (Generator generator = new Generator(decoder, adapter)) {
      float[] logits = generator.nextLogits(ids);
      for (int i = 0; i < logits.length; i++) {
        assertThat(logits[i]).isCloseTo((float) expected.get(i).asDouble(), within(1e-4f));
      }
    }
  }

  /** The first step's loss and global gradient norm. */
  private static void assertGradients(
      Decoder decoder, Adapter adapter, int[] ids, JsonNode golden) {
    double squares = 0;
    for (JsonNode norm : golden.get("gradient_norms")) {
      squares += norm.asDouble() * norm.asDouble();
    }
    double expectedNorm = Math.sqrt(squares);
    TokenizedExample example =
        TokenizedExample.targetsFrom("x", ids, golden.get("prompt_length").asInt());
    TrainingSettings oneStep =
        TrainingSettings.DEFAULT
            .withMaxSteps(1)
            .with(Batching.of(1))
            .with(Optimization.DEFAULT.withLearningRate(1e-9))
            .withRecomputedActivations(true);
    try (Trainables trainables = Trainables.of(decoder, adapter);
        TrainingRun run =
            TrainingRun.overExamples(decoder, trainables, oneStep, List.of(example))) {
      run.run(
          new TrainingListener() {
            @Override
            public void onStep(TrainingProgress progress) {
              assertThat(progress.loss()).isCloseTo(golden.get("loss").asDouble(), within(1e-5));
              assertThat(progress.gradNorm() / expectedNorm).isCloseTo(1, within(1e-5));
            }
          },
          Optional.empty());
    }
  }

  private static Path resource(String name) {
    return new File(PeftFixtureTest.class.getResource("/peft/" + name).getPath()).toPath();
  }
}
