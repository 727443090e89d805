package io.affinage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Read, validate, deduplicate, split, write; against Hugging Face's datasets. */
final class IngestBenchmark implements Benchmark {
  /** Every so many rows one is an exact copy of the row before. */
  private static final int DUPLICATE_EVERY = 20;

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path file = setup.work().resolve("ingest-" + setup.megabytes() + ".jsonl");
    if (!Files.exists(file)) {
      write(file, InstructionRows.read(setup.data(), Integer.MAX_VALUE), setup.megabytes());
    }
    ObjectNode task =
        Sides.task()
            .put("data", file.toString())
            .put("work", setup.work().toString())
            .put("threads", setup.threads());
    Sides.Both both = sides.byTurns("ingest", task, "datasets_ingest", task);
    measures.accept(
        new Measure(
            "ingest.mb_per_second",
            both.ours().median("megabytesPerSecond"),
            both.peer().median("megabytesPerSecond"),
            1,
            "MB/s",
            Measure.Better.HIGHER,
            RunResults.note(
                both.ours().fault(),
                both.peer().fault(),
                "rows kept: ours %s, datasets %s; peak MB: ours %s, datasets %s; ours warm: %s MB/s"
                    .formatted(
                        both.ours().text("rows"),
                        both.peer().text("rows"),
                        both.ours().text("peakMegabytes"),
                        both.peer().text("peakMegabytes"),
                        both.ours().text("warmMegabytesPerSecond")))));
  }

  /** The real rows again and again, told apart by a number in the prompt. */
  private static void write(Path file, List<InstructionRows.Row> rows, int megabytes) {
    JsonMapper json = new JsonMapper();
    long wanted = megabytes * 1_000_000L;
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part), 1 << 16)) {
      long written = 0;
      byte[] line = {};
      for (int i = 0; written < wanted; i++) {
        if (i == 0 || i % DUPLICATE_EVERY != 0) {
          InstructionRows.Row row = rows.get(i % rows.size());
          String text =
              json.createObjectNode()
                      .put("instruction", row.prompt() + " (" + i + ")")
                      .put("input", "")
                      .put("output", row.answer())
                  + "\n";
          line = text.getBytes(StandardCharsets.UTF_8);
        }
        out.write(line);
        written += line.length;
      }
    } catch (IOException e) {
      throw new BenchException("cannot write " + part + ": " + e.getMessage());
    }
    try {
      Files.move(part, file);
    } catch (IOException e) {
      throw new BenchException("cannot write " + file + ": " + e.getMessage());
    }
  }
}
