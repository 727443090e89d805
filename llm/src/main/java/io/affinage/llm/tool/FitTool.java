package io.affinage.llm.tool;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.hub.HubId;
import io.affinage.llm.hub.HubSettings;
import io.affinage.llm.hub.ModelHub;
import io.affinage.llm.model.DequantizationProbe;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.DeviceMemory;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.tensor.PrecisionProbe;
import io.affinage.llm.tensor.ProductProbe;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.training.estimate.RegimeEstimate;
import io.affinage.llm.training.estimate.Speed;
import io.affinage.llm.training.estimate.Workload;
import io.affinage.llm.training.optimizer.AdamW;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Tells which ways of training a model fit a machine, by the headers of its files: of a GGUF file
 * without streaming, which takes safetensors. Reads {@code {"model" or "hub", "length", "batch",
 * "rank", "memory", "gpu_memory", "flops", "disk"}}: a path or a hub id; the last four are null for
 * this machine's own, which is then measured for about a second; of another machine nothing is
 * measured. Bytes, FLOP/s and bytes a second.
 */
public final class FitTool {
  private static final ObjectMapper JSON = new ObjectMapper();

  private FitTool() {}

  public static void main(String[] arguments) throws IOException {
    ToolProcess.main(FitTool::answer);
  }

  static ObjectNode answer(InputStream request) throws IOException {
    JsonNode asked = JSON.readTree(request);
    ModelOutline outline = outline(asked);
    Machine machine = Machine.of(asked);
    Workload workload =
        new Workload(
            asked.path("batch").asInt(1),
            asked.path("length").asInt(512),
            asked.path("rank").asInt(16),
            List.of("all-linear"),
            machine.precision,
            AdamW.DEFAULT,
            false,
            true);
    ObjectNode answer = JSON.createObjectNode();
    DecoderConfig config = outline.config();
    answer
        .put("architecture", config.architecture().className())
        .put("parameters", config.parameters())
        .put("context_length", config.shape().maxPositions())
        .put("stored_bytes", outline.bytes())
        .put("stored_as", outline.type());
    machine.tell(answer.putObject("machine"));
    answer
        .putObject("workload")
        .put("batch", workload.batch())
        .put("length", workload.length())
        .put("rank", workload.rank())
        .put("dtype", workload.precision().torchName())
        .put("optimizer", workload.rule().id());
    RegimeEstimate.all(config, workload).stream()
        .filter(each -> outline.folder() || !each.regime().streamed())
        .forEach(each -> machine.tell(each, answer.withArray("regimes").addObject()));
    return answer;
  }

  private static ModelOutline outline(JsonNode asked) throws IOException {
    if (!asked.hasNonNull("hub")) {
      return ModelOutline.read(Path.of(asked.path("model").asText()));
    }
    ModelHub hub =
        new ModelHub(
            HubSettings.fromEnvironment(System.getenv(), Path.of(System.getProperty("user.home"))));
    Path folder = Files.createTempDirectory("affinage-headers-");
    try {
      return ModelOutline.ofHeaders(hub.headers(HubId.parse(asked.get("hub").asText()), folder));
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  /**
   * What models are to fit.
   *
   * @param memory bytes
   * @param available of them now; empty for another machine
   * @param gpu bytes of its GPU; empty without one
   */
  private record Machine(
      long memory, OptionalLong available, OptionalLong gpu, Precision precision, Speed speed) {

    private static Machine of(JsonNode asked) {
      OptionalLong memory = number(asked, "memory");
      OptionalLong gpu = number(asked, "gpu_memory");
      OptionalDouble flops = real(asked, "flops");
      OptionalDouble disk = real(asked, "disk");
      if (memory.isPresent() || gpu.isPresent()) {
        return new Machine(
            memory.orElseGet(ResidentMemory::limit),
            OptionalLong.empty(),
            gpu,
            Precision.BFLOAT16,
            new Speed(flops, OptionalDouble.empty(), disk));
      }
      Device device = Compute.AUTO.resolveDevice();
      try (NDManager root = NDManager.newBaseManager(device, "PyTorch")) {
        Precision precision = PrecisionProbe.fastest(root);
        return new Machine(
            ResidentMemory.limit(),
            ResidentMemory.available(),
            device.isGpu() ? OptionalLong.of(DeviceMemory.of(device)) : OptionalLong.empty(),
            precision,
            new Speed(
                flops.isPresent() ? flops : OptionalDouble.of(ProductProbe.flops(root, precision)),
                OptionalDouble.of(DequantizationProbe.weights(root, precision)),
                disk));
      }
    }

    private static OptionalLong number(JsonNode asked, String name) {
      return asked.hasNonNull(name)
          ? OptionalLong.of(asked.get(name).longValue())
          : OptionalLong.empty();
    }

    private static OptionalDouble real(JsonNode asked, String name) {
      if (!asked.hasNonNull(name)) {
        return OptionalDouble.empty();
      }
      double value = asked.get(name).doubleValue();
      if (!(value > 0)) {
        throw new LlmException("invalid_machine", name + " must be above 0, not " + value);
      }
      return OptionalDouble.of(value);
    }

    private void tell(ObjectNode answer) {
      answer.put("memory_bytes", memory);
      put(answer, "available_bytes", available);
      put(answer, "gpu_bytes", gpu);
      put(answer, "flops", speed.flops());
      put(answer, "dequantized_weights_per_second", speed.dequantized());
      put(answer, "disk_bytes_per_second", speed.disk());
    }

    private void tell(RegimeEstimate estimate, ObjectNode answer) {
      long peak = estimate.memory().peak();
      answer.put("regime", estimate.regime().userName());
      answer.put("peak_bytes", peak);
      answer.put("fits", peak <= memory);
      answer.put("fits_now", peak <= available.orElse(memory));
      if (gpu.isPresent()) {
        answer.put("fits_gpu", peak <= gpu.getAsLong());
      }
      ObjectNode parts = answer.putObject("parts");
      parts.put("weights", estimate.memory().weights().bytes());
      parts.put("adapter", estimate.memory().trained().adapter());
      parts.put("float32_copies", estimate.memory().trained().masters());
      parts.put("gradients", estimate.memory().trained().gradients());
      parts.put("optimizer_state", estimate.memory().trained().optimizerState());
      parts.put("activations", estimate.memory().activations().bytes());
      parts.put("process", estimate.memory().process());
      answer.put("trained_parameters", estimate.memory().trained().elements());
      answer.put("disk_bytes", estimate.memory().weights().onDisk());
      answer.put("read_bytes_per_micro_batch", estimate.work().bytesRead());
      answer.put("flops_per_token", estimate.work().flops() / estimate.tokens());
      OptionalDouble seconds = speed.seconds(estimate.work());
      put(
          answer,
          "seconds_per_1000_tokens",
          seconds.isPresent()
              ? OptionalDouble.of(seconds.getAsDouble() * 1000 / estimate.tokens())
              : seconds);
    }

    private static void put(ObjectNode node, String name, OptionalLong value) {
      node.put(name, value.isPresent() ? Long.valueOf(value.getAsLong()) : null);
    }

    private static void put(ObjectNode node, String name, OptionalDouble value) {
      node.put(name, value.isPresent() ? Double.valueOf(value.getAsDouble()) : null);
    }
  }
}
