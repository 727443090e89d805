package io.affinage.eval.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.eval.model.EvaluatedModel;
import io.affinage.eval.model.EvaluatedModel.Question;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.ModelPair;
import io.affinage.eval.model.Prompt;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingSpec;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.events.spec.Settings;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.model.WeightForm;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An adapter that was trained beside NF4 is measured beside it, and so is what training began with:
 * its registration says so.
 */
class QuantizedEvaluationTest {
  private static final List<Question> QUESTIONS =
      TinyModels.questions().stream()
          .map(question -> new Question(new Prompt.Text(question[0]), question[1]))
          .toList();

  @TempDir Path folder;

  @Test
  void shouldMeasureAnAdapterOnTheNumbersThatItWasTrainedBeside() throws IOException {
    Path base = folder.resolve("base");
    Path adapter = folder.resolve("adapter");
    TinyModels.writeTireless(base);
    TinyModels.writeAdapter(base, WeightForm.NF4_DOUBLE, adapter);
    ArtifactStore store = ArtifactStores.open(folder.resolve("store").toString());
    ArtifactRef baseFiles = stored(store, base);
    ArtifactRef adapterFiles = stored(store, adapter);
    StoredModelFiles files = new StoredModelFiles(store);

    double[] expected = expected(base, adapter, WeightForm.NF4_DOUBLE);
    double[] plain = expected(base, adapter, WeightForm.PLAIN);
    try (ModelCache cache = new ModelCache(files, TinyModels.COMPUTE, WeightForm.PLAIN, 2)) {
      CachedModels models =
          new CachedModels(cache, files, new SimpleMeterRegistry().counter("tokens"));

      double[] measured =
          measured(models, registered(baseFiles, adapterFiles, new Nf4Spec(true, Nf4Spec.DISK)));
      double[] unquantized = measured(models, registered(baseFiles, adapterFiles, null));

      assertThat(measured).containsExactly(expected, within(1e-4));
      assertThat(unquantized).containsExactly(plain, within(1e-4));
      assertThat(Math.abs(measured[0] - unquantized[0])).as("of the base").isGreaterThan(0.01);
      assertThat(Math.abs(measured[1] - unquantized[1])).as("tuned").isGreaterThan(0.01);
    }
  }

  private static ArtifactRef stored(ArtifactStore store, Path folder) throws IOException {
    Artifact files = store.putFolder(folder);
    return new ArtifactRef(files.digest(), ArtifactRef.Kind.FOLDER, files.size());
  }

  private static ModelRegistered registered(
      ArtifactRef base, ArtifactRef adapter, QuantizationSpec quantization) {
    TrainingSpec spec =
        Settings.build(TrainingSpec.class)
            .with("method", "sft")
            .with("quantization", quantization)
            .record();
    return new ModelRegistered(
        "model",
        "job",
        1,
        "worker",
        ModelRegistered.Kind.ADAPTER,
        adapter,
        "tiny",
        base,
        base,
        new Lineage(base.digest(), base.digest(), spec, 0, "test"),
        1,
        Map.of(),
        1,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** Of the base and of the tuned model. */
  private static double[] measured(CachedModels models, ModelRegistered model) {
    try (ModelPair pair = models.open(model, Map.of())) {
      return new double[] {sum(pair.base().orElseThrow()), sum(pair.tuned())};
    }
  }

  private static double[] expected(Path base, Path adapter, WeightForm form) {
    try (LoadedModel loaded = new LoadedModel(LanguageModel.open(base, TinyModels.COMPUTE, form));
        LoadedModel.Hold hold = loaded.adapter("a", () -> adapter)) {
      SimpleMeterRegistry registry = new SimpleMeterRegistry();
      return new double[] {
        sum(new MeasuredModel(loaded, loaded.none(), registry.counter("a"))),
        sum(new MeasuredModel(loaded, hold.adapter(), registry.counter("b")))
      };
    }
  }

  private static double sum(EvaluatedModel model) {
    return model.likelihoods(QUESTIONS, n -> {}).stream()
        .mapToDouble(Likelihood::logProbability)
        .sum();
  }
}
