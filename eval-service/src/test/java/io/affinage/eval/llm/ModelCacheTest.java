package io.affinage.eval.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.events.ArtifactRef;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.model.WeightForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A base is in memory with the numbers that adapters beside it were trained on. */
class ModelCacheTest {
  @TempDir Path folder;

  @Test
  void shouldServeABaseOnTheNumbersOfNf4() throws IOException {
    TinyModels.writeTireless(folder.resolve("base"));
    ArtifactStore store = ArtifactStores.open(folder.resolve("store").toString());
    Artifact files = store.putFolder(folder.resolve("base"));
    ArtifactRef base = new ArtifactRef(files.digest(), ArtifactRef.Kind.FOLDER, files.size());
    try (ModelCache cache =
            new ModelCache(new StoredModelFiles(store), TinyModels.COMPUTE, WeightForm.PLAIN, 2);
        ModelCache.Hold plain = cache.take(base, null, null);
        ModelCache.Hold rounded = cache.take(base, new Nf4Spec(true, null), null);
        ModelCache.Hold again = cache.take(base, new Nf4Spec(true, null), null);
        LanguageModel trained =
            LanguageModel.open(folder.resolve("base"), TinyModels.COMPUTE, WeightForm.NF4_DOUBLE)) {
      assertThat(again.model()).isSameAs(rounded.model());
      assertThat(cache.size()).isEqualTo(2);
      List<float[]> expected = weights(trained);
      assertThat(weights(rounded.model().model())).usingRecursiveComparison().isEqualTo(expected);
      assertThat(weights(plain.model().model())).usingRecursiveComparison().isNotEqualTo(expected);
    }
  }

  private static List<float[]> weights(LanguageModel model) {
    List<float[]> all = new ArrayList<>();
    model.decoder().forEachWeight((name, array) -> all.add(model.decoder().toFloats(array)));
    return all;
  }
}
