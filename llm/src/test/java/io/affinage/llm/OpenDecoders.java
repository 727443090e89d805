package io.affinage.llm;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.util.HashMap;
import java.util.Map;

/**
 * Decoders of families, each opened once for all tests of a class that leave its weights as they
 * are: of so small a model, compiling the kernels is what takes time.
 */
public final class OpenDecoders implements AutoCloseable {
  private final NDManager root = NDManager.newBaseManager("PyTorch");
  private final Map<Key, Decoder> open = new HashMap<>();

  private record Key(String family, Precision precision, WeightForm form) {}

  /** Plain weights, float32. */
  public Decoder of(FamilyFixture family) {
    return of(family, Precision.FLOAT32, WeightForm.PLAIN);
  }

  public Decoder of(FamilyFixture family, Precision precision, WeightForm form) {
    return open.computeIfAbsent(
        new Key(family.name(), precision, form),
        key -> DecoderFiles.load(root, family.checkpoint(), precision, form));
  }

  @Override
  public void close() {
    open.values().forEach(Decoder::close);
    root.close();
  }
}
