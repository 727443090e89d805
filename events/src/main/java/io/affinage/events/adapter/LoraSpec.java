package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A low-rank update of linear layers (Hu et al. 2021).
 *
 * @param rank columns of A and B
 * @param loraAlpha the update is scaled by loraAlpha / rank
 * @param loraDropout probability in front of the adapter
 * @param useRslora whether the update is scaled by loraAlpha / sqrt(rank)
 * @param targetModules names of linear layers, or the one entry {@code all-linear}
 * @param initLoraWeights what A and B begin with, PEFT's name: {@code true} (A at random, B zero),
 *     {@code pissa} (the largest singular values of the base's weights, which these lose; Meng et
 *     al. 2024) or {@code loftq} (what quantization loses; Li et al. 2023)
 * @param loftqIter turns of LoftQ, PEFT's {@code loftq_iter}: after one the base is quantized as
 *     without it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LoraSpec(
    @Setting(value = "columns of A and B", otherwise = "16", from = 1) @Nullable Integer rank,
    @Setting(
            value = "scaling of the adapter is lora_alpha / rank; twice the rank unless given",
            from = 1e-6,
            also = "alpha")
        @Nullable Double loraAlpha,
    @Setting(
            value = "probability in front of adapters",
            otherwise = "0.0",
            from = 0,
            to = 0.99,
            also = "dropout",
            changeable = true)
        @Nullable Double loraDropout,
    @Setting(
            value = "divide lora_alpha by the root of the rank",
            otherwise = "false",
            also = "rslora")
        @Nullable Boolean useRslora,
    @Setting(value = "linear layers by name, or `all-linear`", otherwise = "[\"all-linear\"]")
        @Nullable List<String> targetModules,
    @Setting(
            value =
                "what A and B begin with: `true` (A at random, B zero), `pissa` (the largest singular values of the weights, which the base loses) or `loftq` (what quantization to nf4 loses); `true` unless given",
            words = {TRUE, PISSA, LOFTQ})
        @Nullable String initLoraWeights,
    @Setting(
            value = "turns of `loftq`: quantize, then approximate what was lost; 1 unless given",
            from = 1,
            to = 100)
        @Nullable Integer loftqIter)
    implements AdapterSpec {
  public static final String TRUE = "true";
  public static final String PISSA = "pissa";
  public static final String LOFTQ = "loftq";

  @Override
  public double learningRate() {
    return 2e-4;
  }

  @Override
  public LoraSpec completed() {
    return new LoraSpec(
        rank,
        loraAlpha == null && rank != null ? Double.valueOf(2.0 * rank) : loraAlpha,
        loraDropout,
        useRslora,
        targetModules,
        initLoraWeights,
        loftqIter == null && LOFTQ.equals(initLoraWeights) ? Integer.valueOf(1) : loftqIter);
  }

  @Override
  public Map<String, String> conflicts() {
    Map<String, String> found = new TreeMap<>(TargetModules.conflicts(targetModules));
    if (loftqIter != null && !LOFTQ.equals(initLoraWeights)) {
      found.put("loftqIter", "goes with initLoraWeights 'loftq' only");
    }
    return found;
  }

  /** Whether it begins with a part of the base's weights, which has to be found first. */
  public boolean decomposes() {
    return PISSA.equals(initLoraWeights) || LOFTQ.equals(initLoraWeights);
  }

  /** Whether it is trained beside weights that have lost what it begins with. */
  public boolean changesBase() {
    return PISSA.equals(initLoraWeights)
        || LOFTQ.equals(initLoraWeights) && loftqIter != null && loftqIter > 1;
  }
}
