package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The measures of a training on streamed weights.
 *
 * @param log what its steps took
 * @param peaks of the machine
 * @param result what it came to
 */
record WorkstationReport(Workstation wanted, StepLog log, JsonNode peaks, JsonNode result) {
  private static final double MEMORY_GOAL_GIB = 16;
  private static final double SHARE_GOAL = 0.5;

  List<Measure> measures() {
    List<JsonNode> steps = log.steps();
    double seconds = median(step -> step.get("seconds").doubleValue());
    double bytes = median(step -> step.get("bytes").doubleValue());
    double diskBytes = median(step -> step.get("diskBytes").doubleValue());
    double dequantizing = median(step -> step.get("dequantizing").doubleValue());
    double waiting = median(step -> step.get("waiting").doubleValue());
    double reading = median(step -> step.get("reading").doubleValue());
    double gemm = peaks.path("gemmGflops").doubleValue() * 1e9;
    double disk = peaks.path("diskGigabytesPerSecond").doubleValue() * 1e9;
    double flops = flops();
    double atGemmPeak = flops / gemm;
    double atDiskPeak = disk > 0 ? diskBytes / disk : 0;
    double weights = (2.0 * wanted.shape().layers() - 1) * wanted.shape().blockWeights();
    double rest = seconds - dequantizing - waiting;
    boolean finite = steps.stream().allMatch(step -> step.get("loss").isNumber());
    return List.of(
        lower("seconds_per_step", seconds, null, "s", "each: " + each("seconds", "%.2f")),
        new Measure(
            name("tokens_per_second"),
            wanted.tokens() / seconds,
            wanted.tokens() / Math.max(atGemmPeak, atDiskPeak),
            SHARE_GOAL,
            "tokens/s; the second number is what the slower of disk and GEMM allows",
            Measure.Better.HIGHER,
            text(
                "%d tokens a step; %.2f TFLOP (the products that are made) take %.1f s at %.0f GFLOP/s in %s; %.2f GB from the disk %.1f s at %.2f GB/s",
                wanted.tokens(),
                flops / 1e12,
                atGemmPeak,
                gemm / 1e9,
                peaks.path("dtype").asText("?"),
                diskBytes / 1e9,
                atDiskPeak,
                disk / 1e9)),
        lower(
            "anonymous_memory",
            gibibytes("anonymous"),
            MEMORY_GOAL_GIB,
            "GiB, the second number is the goal",
            "peak of RssAnon + RssShmem, heap included"),
        lower(
            "resident_memory",
            gibibytes("resident"),
            null,
            "GiB",
            "peak of VmRSS: with the pages of embeddings that are mapped"),
        lower(
            "bytes_per_step",
            bytes / 1e9,
            null,
            "GB of packed weights",
            text("%.2f GB from the disk, all else from the system's cache", diskBytes / 1e9)),
        new Measure(
            name("read_rate"),
            reading > 0 ? bytes / 1e9 / reading : null,
            disk > 0 ? disk / 1e9 : null,
            1,
            "GB/s while it reads; the second number is the disk's",
            Measure.Better.HIGHER,
            peaks.path("diskFault").asText(null)),
        lower(
            "dequantization",
            dequantizing,
            null,
            "s a step",
            text("%.2f G weights/s", weights / 1e9 / dequantizing)),
        lower("waiting", waiting, null, "s a step in which blocks were waited for", null),
        lower(
            "rest",
            rest,
            null,
            "s a step",
            text("products above all: %.0f GFLOP/s", flops / 1e9 / rest)),
        lower(
            "loss",
            finite ? steps.get(steps.size() - 1).get("loss").doubleValue() : null,
            finite ? steps.get(0).get("loss").doubleValue() : null,
            "nats; the second number is the first step's",
            "each: %s; skipped: %s".formatted(each("loss", "%.9f"), each("skipped", "%.0f"))),
        new Measure(
            name("adapters_moved"),
            result.get("moved").doubleValue(),
            result.get("adapters").doubleValue(),
            1,
            "B matrices that are not zero; the second number is all",
            Measure.Better.HIGHER,
            log.last("killed")
                .map(
                    killed ->
                        "killed once, in step %s at layer %s of the backward pass, and gone on with from the checkpoint of the step before"
                            .formatted(killed.get("step"), killed.get("layer")))
                .orElse("not killed on its way")));
  }

  private Measure lower(String what, Double ours, Double other, String unit, String note) {
    return new Measure(name(what), ours, other, 1, unit, Measure.Better.LOWER, note);
  }

  private double gibibytes(String field) {
    return log.most(field) / (double) (1 << 30);
  }

  /**
   * Of the products that a step makes: of each block forward and back to its input, of all but the
   * last block forward again without the feed-forward's last, of the head forward and back.
   */
  private double flops() {
    ModelShape shape = wanted.shape();
    double last = (double) shape.hidden() * shape.feedForward();
    double blocks =
        2.0 * shape.layers() * shape.blockWeights()
            + (shape.layers() - 1) * (shape.blockWeights() - last);
    return 2 * (blocks * wanted.tokens() + 2.0 * shape.headWeights() * (wanted.tokens() - 1));
  }

  private String name(String what) {
    return "workstation.%s.%s".formatted(wanted.shape().name(), what);
  }

  private double median(ToDoubleFunction<JsonNode> number) {
    double[] sorted = log.steps().stream().mapToDouble(number).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private String each(String field, String format) {
    return log.steps().stream()
        .map(step -> text(format, step.get(field).doubleValue()))
        .collect(Collectors.joining(", "));
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
