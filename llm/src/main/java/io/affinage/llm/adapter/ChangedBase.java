package io.affinage.llm.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.llm.adapter.LoraAdapter.Matrix;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.LowRankSum;
import io.affinage.llm.checkpoint.LowRankSum.Product;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The base of a LoRA for which something was taken out of the weights before they were quantized
 * (QPiSSA, LoftQ after more than one turn). Its file is a plain LoRA of rank 2r, as PEFT converts
 * such adapters, {@code s (B A - B0 A0)}, and stands beside the base's own weights W; trained it
 * was beside {@code Q(W - s B0 A0)}. So the numbers that it belongs to are {@code Q(W - s B0 A0) +
 * s B0 A0}: {@code base_change.json} beside it says how many of its last rows are A0.
 */
public final class ChangedBase {
  static final String FILE = "base_change.json";

  private static final JsonMapper JSON = new JsonMapper();

  private ChangedBase() {}

  /**
   * The file.
   *
   * @param rank of what was taken out
   */
  private record Change(int rank) {}

  static void write(Path folder, int rank) {
    try {
      Files.write(folder.resolve(FILE), JSON.writeValueAsBytes(new Change(rank)));
    } catch (IOException e) {
      throw new LlmException(
          "adapter_not_written", "%s cannot be written: %s".formatted(folder, e.getMessage()), e);
    }
  }

  /** Whether an adapter's folder belongs to a base that was changed before it was quantized. */
  public static boolean isFor(Path adapter) {
    return Files.isRegularFile(adapter.resolve(FILE));
  }

  /**
   * The checkpoint with the numbers that an adapter was trained beside.
   *
   * @param trained the form of the base in that training
   * @param adapter its PEFT folder; empty for the base alone
   * @throws LlmException {@code adapter_invalid}
   */
  public static Checkpoint beside(Checkpoint files, WeightForm trained, Optional<Path> adapter) {
    if (adapter.isEmpty() || !trained.nf4() || !isFor(adapter.get())) {
      return DecoderFiles.rounded(files, trained);
    }
    Map<String, Boolean> turned = DecoderFiles.matrices(files);
    Map<String, Product> taken = taken(files, adapter.get());
    Map<String, Product> away = new HashMap<>();
    taken.forEach((name, product) -> away.put(name, product.negated()));
    Checkpoint rounded = DecoderFiles.rounded(new LowRankSum(files, away, turned), trained);
    return new LowRankSum(rounded, taken, turned);
  }

  private static Map<String, Product> taken(Checkpoint files, Path folder) {
    DecoderConfig decoder = DecoderFiles.config(files);
    PeftSource source =
        new PeftSource(
            folder, PeftConfig.json(folder), AdapterNames.of(PeftFolder.weights(folder), decoder));
    LoraConfig config = LoraPeft.read(source, decoder, false);
    int rank = rank(folder);
    if (rank < 1 || rank >= config.rank()) {
      throw invalid(
          folder, "names rank %d of an adapter of rank %d".formatted(rank, config.rank()));
    }
    Map<String, Product> products = new HashMap<>();
    for (int layer = 0; layer < decoder.shape().layers(); layer++) {
      for (LinearLayer target : decoder.targets(config.targetModules())) {
        products.put(
            DecoderFiles.matrix(files, decoder, layer, target),
            last(
                rank,
                config,
                target,
                source.values(
                    LoraAdapter.key(decoder, layer, target, Matrix.A),
                    LoraAdapter.shape(config, target, Matrix.A)),
                source.values(
                    LoraAdapter.key(decoder, layer, target, Matrix.B),
                    LoraAdapter.shape(config, target, Matrix.B))));
      }
    }
    return products;
  }

  /** The last rows of A and columns of B, the sign of these put back. */
  private static Product last(
      int rank, LoraConfig config, LinearLayer layer, float[] a, float[] b) {
    int all = config.rank();
    float[] lastA = new float[rank * layer.in()];
    System.arraycopy(a, (all - rank) * layer.in(), lastA, 0, lastA.length);
    float[] lastB = new float[layer.out() * rank];
    for (int row = 0; row < layer.out(); row++) {
      for (int i = 0; i < rank; i++) {
        lastB[row * rank + i] = -b[row * all + all - rank + i];
      }
    }
    return new Product(rank, config.scaling(), lastA, lastB);
  }

  private static int rank(Path folder) {
    try {
      return JSON.readValue(folder.resolve(FILE).toFile(), Change.class).rank();
    } catch (JsonProcessingException e) {
      throw invalid(folder, "is no such file: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw invalid(folder, "cannot be read: " + e.getMessage());
    }
  }

  private static LlmException invalid(Path folder, String why) {
    return new LlmException("adapter_invalid", "%s %s".formatted(folder.resolve(FILE), why));
  }
}
