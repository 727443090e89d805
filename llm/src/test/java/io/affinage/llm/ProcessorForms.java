package io.affinage.llm;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.PackingProbe;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.util.Arrays;
import java.util.List;

/** Forms of weights that the processor of a test has: packed ones in bfloat16 not everywhere. */
public final class ProcessorForms {
  private ProcessorForms() {}

  /** Those of the forms that can be kept in a precision here. */
  public static List<WeightForm> of(Precision precision, WeightForm... forms) {
    boolean packs = packs(precision);
    return Arrays.stream(forms).filter(form -> packs || !form.packed()).toList();
  }

  public static boolean packs(Precision precision) {
    try (NDManager root = NDManager.newBaseManager("PyTorch")) {
      return PackingProbe.packs(root, precision);
    }
  }
}
