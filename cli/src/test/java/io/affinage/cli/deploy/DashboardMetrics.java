package io.affinage.cli.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the dashboard and the alerts ask Prometheus for, against what services export. A test with
 * running services gives it the texts of their {@code /q/metrics}.
 *
 * @param queries every expression with where it stands
 */
public record DashboardMetrics(List<Query> queries) {
  private static final Pattern SAMPLE =
      Pattern.compile("^([a-zA-Z_:][\\w:]*)[ {]", Pattern.MULTILINE);

  /** One expression. */
  public record Query(String where, String expression) {}

  /**
   * Reads the files of the chart.
   *
   * @param deploy the folder {@code deploy} of the repository
   */
  public static DashboardMetrics read(Path deploy) throws IOException {
    Path files = deploy.resolve("helm/affinage/files");
    List<Query> queries = new ArrayList<>();
    JsonNode dashboard = new JsonMapper().readTree(files.resolve("dashboard.json").toFile());
    for (JsonNode panel : dashboard.required("panels")) {
      for (JsonNode target : panel.path("targets")) {
        queries.add(
            new Query(
                "panel '" + panel.required("title").textValue() + "'",
                target.required("expr").textValue()));
      }
    }
    JsonNode alerts = new YAMLMapper().readTree(files.resolve("alerts.yaml").toFile());
    for (JsonNode group : alerts.required("groups")) {
      for (JsonNode rule : group.required("rules")) {
        queries.add(
            new Query(
                "alert " + rule.required("alert").textValue(), rule.required("expr").textValue()));
      }
    }
    return new DashboardMetrics(List.copyOf(queries));
  }

  /** Every metric that is asked for. */
  public Set<String> names() {
    Set<String> names = new TreeSet<>();
    queries.forEach(query -> names.addAll(PromQl.metrics(query.expression())));
    return names;
  }

  /**
   * Metrics that are asked for and that no service exports.
   *
   * @param scrapes texts in Prometheus's exposition format
   * @return by where they are asked for; empty when all is well
   */
  public Map<String, Set<String>> missing(Collection<String> scrapes) {
    Set<String> exported = new TreeSet<>();
    scrapes.forEach(scrape -> exported.addAll(exported(scrape)));
    Map<String, Set<String>> missing = new LinkedHashMap<>();
    for (Query query : queries) {
      Set<String> names = new TreeSet<>(PromQl.metrics(query.expression()));
      names.removeAll(exported);
      if (!names.isEmpty()) {
        missing.computeIfAbsent(query.where(), where -> new TreeSet<>()).addAll(names);
      }
    }
    return missing;
  }

  static Set<String> exported(String scrape) {
    Set<String> names = new TreeSet<>();
    Matcher sample = SAMPLE.matcher(scrape);
    while (sample.find()) {
      names.add(sample.group(1));
    }
    return names;
  }
}
