package io.affinage.cli.deploy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables of {@code deploy/METRICS.md}.
 *
 * @param rows one per metric
 */
record MetricsDocument(List<Row> rows) {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** One metric as the document promises it. */
  record Row(String name, String type, String unit, Set<String> tags, Set<String> exported) {}

  static MetricsDocument read(Path deploy) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(deploy.resolve("METRICS.md"))) {
      if (line.startsWith("| `")) {
        String[] cells = line.split("\\|");
        List<String> exported = code(cells[5]);
        Set<String> names = new TreeSet<>();
        String first = exported.get(0);
        for (String name : exported) {
          names.add(name.startsWith("_") ? first.replace("_count", "") + name : name);
        }
        rows.add(
            new Row(
                code(cells[1]).get(0),
                cells[2].strip(),
                cells[3].strip(),
                new TreeSet<>(code(cells[4])),
                names));
      }
    }
    return new MetricsDocument(List.copyOf(rows));
  }

  /** What a Micrometer registry exports when it is given all of them. */
  String scrape() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    rows.forEach(row -> register(registry, row));
    return registry.scrape();
  }

  private static void register(PrometheusMeterRegistry registry, Row row) {
    Tags tags = Tags.of(row.tags().stream().map(tag -> Tag.of(tag, "x")).toList());
    String unit = row.unit().isEmpty() ? null : row.unit();
    switch (row.type()) {
      case "counter" -> Counter.builder(row.name()).baseUnit(unit).tags(tags).register(registry);
      case "gauge" ->
          Gauge.builder(row.name(), () -> 1).baseUnit(unit).tags(tags).register(registry);
      case "timer" -> Timer.builder(row.name()).tags(tags).register(registry);
      default -> throw new IllegalStateException(row.name() + " has the type " + row.type());
    }
  }

  private static List<String> code(String cell) {
    List<String> found = new ArrayList<>();
    Matcher matcher = CODE.matcher(cell);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }
}
