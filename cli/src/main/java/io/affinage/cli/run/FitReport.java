package io.affinage.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.cli.terminal.Bar;
import io.affinage.cli.terminal.ByteSize;
import io.affinage.cli.terminal.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Shows which ways of training a model fit a machine. */
public final class FitReport {
  private static final String UNKNOWN = "unknown";

  private final String model;
  private final JsonNode answer;

  /**
   * @param answer of the model library's tool
   */
  public FitReport(String model, JsonNode answer) {
    this.model = model;
    this.answer = answer;
  }

  /** The answer with the model's name. */
  public ObjectNode json() {
    ObjectNode json = answer.deepCopy();
    return json.put("model", model);
  }

  /** For people. */
  public List<String> lines() {
    JsonNode machine = answer.path("machine");
    JsonNode workload = answer.path("workload");
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "model    %s: %s, %.2f G parameters, %s as stored (%s)",
            model,
            answer.path("architecture").asText(),
            answer.path("parameters").longValue() / 1e9,
            size(answer.path("stored_bytes")),
            answer.path("stored_as").asText()));
    lines.add("machine  " + machine(machine));
    lines.add(
        "for      micro-batches of %d x %d tokens, adapters of rank %d on all linear layers, %s, %s"
            .formatted(
                workload.path("batch").intValue(),
                workload.path("length").intValue(),
                workload.path("rank").intValue(),
                workload.path("dtype").asText(),
                workload.path("optimizer").asText()));
    lines.add("");
    Table table =
        new Table(
            "regime", "memory", "fits", "GPU", "1,000 tokens", "weights", "trained", "activations");
    for (JsonNode regime : answer.path("regimes")) {
      JsonNode parts = regime.path("parts");
      long trained =
          parts.path("adapter").longValue()
              + parts.path("float32_copies").longValue()
              + parts.path("gradients").longValue()
              + parts.path("optimizer_state").longValue();
      table.row(
          regime.path("regime").asText(),
          size(regime.path("peak_bytes")),
          fits(regime),
          regime.has("fits_gpu") ? yes(regime.path("fits_gpu").booleanValue()) : "none",
          time(regime.path("seconds_per_1000_tokens")),
          size(parts.path("weights")),
          trained == 0 ? "-" : new ByteSize(trained).toString(),
          size(parts.path("activations")));
    }
    lines.addAll(table.lines());
    lines.add("");
    lines.addAll(notes());
    return lines;
  }

  private static String machine(JsonNode machine) {
    StringBuilder text = new StringBuilder(size(machine.path("memory_bytes"))).append(" of memory");
    if (machine.hasNonNull("available_bytes")) {
      text.append(", ").append(size(machine.path("available_bytes"))).append(" free now");
    }
    text.append(
        machine.hasNonNull("gpu_bytes")
            ? ", a GPU of " + size(machine.path("gpu_bytes"))
            : ", no GPU");
    if (machine.hasNonNull("flops")) {
      text.append(
          String.format(Locale.ROOT, ", %.2f TFLOP/s", machine.path("flops").doubleValue() / 1e12));
    }
    if (machine.hasNonNull("dequantized_weights_per_second")) {
      text.append(
          String.format(
              Locale.ROOT,
              ", %.1f G weights/s from NF4",
              machine.path("dequantized_weights_per_second").doubleValue() / 1e9));
    }
    return text.toString();
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    String unknown =
        answer.path("machine").hasNonNull("disk_bytes_per_second")
            ? ""
            : "; --disk tells how fast it reads";
    for (JsonNode regime : answer.path("regimes")) {
      long disk = regime.path("disk_bytes").longValue();
      if (disk > 0) {
        notes.add(
            "%s keeps %s on disk and reads %s for each micro-batch%s."
                .formatted(
                    regime.path("regime").asText(),
                    new ByteSize(disk),
                    size(regime.path("read_bytes_per_micro_batch")),
                    regime.hasNonNull("seconds_per_1000_tokens")
                        ? ""
                        : ": larger ones take less time a token" + unknown));
      }
    }
    if (!answer.path("machine").hasNonNull("flops")) {
      notes.add("Times are not known of another machine: --tflops says what it computes.");
    } else if (!answer.path("machine").hasNonNull("dequantized_weights_per_second")) {
      notes.add(
          "Times beside NF4 are not known of another machine: how fast it dequantizes is measured there.");
    }
    return notes;
  }

  private static String fits(JsonNode regime) {
    if (!regime.path("fits").booleanValue()) {
      return "no";
    }
    return regime.path("fits_now").booleanValue() ? "yes" : "once memory is freed";
  }

  private static String yes(boolean fits) {
    return fits ? "yes" : "no";
  }

  private static String time(JsonNode seconds) {
    if (!seconds.isNumber()) {
      return UNKNOWN;
    }
    double value = seconds.doubleValue();
    return value < 10 ? String.format(Locale.ROOT, "%.1f s", value) : Bar.duration(value);
  }

  private static String size(JsonNode bytes) {
    return new ByteSize(bytes.longValue()).toString();
  }
}
