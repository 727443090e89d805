package io.affinage.llm.adapter;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.adapter.LoraAdapter.Matrix;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.LowRankSum;
import io.affinage.llm.checkpoint.LowRankSum.Product;
import io.affinage.llm.checkpoint.Nf4Rounding;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.tensor.Kernels;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A base parted into the LoRA that is trained and the weights beside it: {@code W = base + s B A},
 * up to what quantization loses. One matrix at a time is in memory. The same files, processors and
 * number of threads give the same bits.
 */
public final class DecomposedBase {
  private final Checkpoint files;
  private final LoraConfig config;
  private final Map<String, Boolean> turned;

  /** By the names that matrices have in the files. */
  private final Map<String, Product> taken;

  private final Map<String, Product> start;

  private DecomposedBase(
      Checkpoint files,
      LoraConfig config,
      Map<String, Boolean> turned,
      Map<String, Product> taken,
      Map<String, Product> start) {
    this.files = files;
    this.config = config;
    this.turned = turned;
    this.taken = taken;
    this.start = start;
  }

  /**
   * Parts the matrices that an adapter stands beside.
   *
   * @param form in which the base will be kept: plain or NF4 for PiSSA, NF4 for LoftQ
   * @throws LlmException {@code lora_start_unsupported} where the base is quantized already or the
   *     form is another; {@code invalid_adapter} where the rank is more than a matrix has
   */
  public static DecomposedBase of(
      Checkpoint files, LoraConfig config, LoraStart how, WeightForm form) {
    boolean fits = form.nf4() || how instanceof LoraStart.Pissa && form == WeightForm.PLAIN;
    if (!fits) {
      throw new LlmException(
          "lora_start_unsupported",
          how instanceof LoraStart.LoftQ
              ? "loftq makes up for what quantization to nf4 loses, and the base is kept as %s"
                  .formatted(form.userName())
              : "pissa changes the weights of the base, and those of %s stay as its file has them"
                  .formatted(form.userName()));
    }
    DecoderConfig decoder = DecoderFiles.config(files);
    Map<String, Boolean> turned = DecoderFiles.matrices(files);
    Map<String, Product> taken = new HashMap<>();
    Map<String, Product> start = new HashMap<>();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        Kernels kernels = Kernels.compile(manager, Map.of(), List.of("low_rank"))) {
      for (int layer = 0; layer < decoder.shape().layers(); layer++) {
        for (LinearLayer target : decoder.targets(config.targetModules())) {
          String name = DecoderFiles.matrix(files, decoder, layer, target);
          requireOwnNumbers(files.entry(name));
          Parts parts =
              Parts.of(
                  weights(files, name, turned.get(name)),
                  target,
                  config,
                  how,
                  form,
                  manager,
                  kernels);
          parts.taken.ifPresent(product -> taken.put(name, product));
          start.put(name, parts.start);
        }
      }
    }
    return new DecomposedBase(files, config, turned, taken, start);
  }

  private static void requireOwnNumbers(TensorEntry entry) {
    if (entry.type() == StorageType.NF4) {
      throw new LlmException(
          "lora_start_unsupported",
          "%s has %s in NF4 already, and what it was before is not known: give the model that it was quantized from"
              .formatted(entry.file(), entry.name()));
    }
  }

  /** A matrix as [out, in]. */
  private static float[] weights(Checkpoint files, String name, boolean turned) {
    float[] values = files.readFloats(name);
    if (!turned) {
      return values;
    }
    int rows = Math.toIntExact(files.entry(name).rows());
    int columns = values.length / rows;
    float[] result = new float[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        result[column * rows + row] = values[row * columns + column];
      }
    }
    return result;
  }

  /**
   * A parted matrix.
   *
   * @param taken out of the base's weights; empty where they stay
   * @param start what the adapter begins with
   */
  private record Parts(Optional<Product> taken, Product start) {
    private static Parts of(
        float[] weights,
        LinearLayer layer,
        LoraConfig config,
        LoraStart how,
        WeightForm form,
        NDManager manager,
        Kernels kernels) {
      if (config.rank() > Math.min(layer.in(), layer.out())) {
        throw new LlmException(
            "invalid_adapter",
            "LoRA's rank is %d, but %s of [%d, %d] has no more than %d singular values"
                .formatted(
                    config.rank(),
                    layer.path(),
                    layer.out(),
                    layer.in(),
                    Math.min(layer.in(), layer.out())));
      }
      if (how instanceof LoraStart.Pissa) {
        Product product = best(weights, layer, config, manager, kernels);
        return new Parts(Optional.of(product), product);
      }
      Optional<Product> taken = Optional.empty();
      Product product = null;
      for (int turn = 0; turn < ((LoraStart.LoftQ) how).iterations(); turn++) {
        taken = Optional.ofNullable(product);
        float[] rounded = weights.clone();
        taken.ifPresent(each -> each.negated().addTo(rounded, 0, layer.out()));
        Nf4Rounding.round(rounded, form == WeightForm.NF4_DOUBLE);
        for (int i = 0; i < rounded.length; i++) {
          rounded[i] = weights[i] - rounded[i];
        }
        product = best(rounded, layer, config, manager, kernels);
      }
      return new Parts(taken, product);
    }

    private static Product best(
        float[] values, LinearLayer layer, LoraConfig config, NDManager manager, Kernels kernels) {
      try (NDManager scope = manager.newSubManager()) {
        NDList found =
            kernels.run(
                scope,
                "best_product",
                scope.create(values, new Shape(layer.out(), layer.in())),
                config.rank());
        // s B A is to be the product, so each has a root of 1 / s.
        float root = (float) (1 / Math.sqrt(config.scaling()));
        return new Product(
            config.rank(),
            config.scaling(),
            scaled(found.get(1).toFloatArray(), root),
            scaled(found.get(0).toFloatArray(), root));
      }
    }

    private static float[] scaled(float[] values, float factor) {
      for (int i = 0; i < values.length; i++) {
        values[i] *= factor;
      }
      return values;
    }
  }

  /** What the decoder beside the adapter is opened from. */
  public Checkpoint base() {
    Map<String, Product> away = new HashMap<>();
    taken.forEach((name, product) -> away.put(name, product.negated()));
    return away.isEmpty() ? files : new LowRankSum(files, away, turned);
  }

  /** The adapter as it begins, beside a decoder that was opened from {@link #base}. */
  public LoraAdapter adapter(Decoder decoder) {
    LoraAdapter.MatrixSource first = source(decoder, start);
    return taken.isEmpty()
        ? LoraAdapter.of(decoder, config, first)
        : LoraAdapter.ofChanged(decoder, config, first, source(decoder, taken));
  }

  private LoraAdapter.MatrixSource source(Decoder decoder, Map<String, Product> products) {
    return (block, layer, matrix, shape) -> {
      Product product = products.get(DecoderFiles.matrix(files, decoder.config(), block, layer));
      return matrix == Matrix.A ? product.a() : product.b();
    };
  }

  /** Tells apart bases that were parted otherwise: SHA-256 of all that was found. */
  public String digest() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      new TreeMap<>(start).values().forEach(each -> update(sha, each));
      new TreeMap<>(taken).values().forEach(each -> update(sha, each));
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static void update(MessageDigest sha, Product product) {
    for (float[] values : List.of(product.a(), product.b())) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
      bytes.asFloatBuffer().put(values);
      sha.update(bytes);
    }
  }
}
