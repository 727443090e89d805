package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.recipe.Recipe;
import io.affinage.cli.recipe.RecipeException;
import io.affinage.cli.recipe.RecipeReader;
import io.affinage.cli.run.DataRules;
import io.affinage.cli.run.DryRunReport;
import io.affinage.cli.run.EvaluationReport;
import io.affinage.cli.run.HubReach;
import io.affinage.cli.run.LocalFiles;
import io.affinage.cli.run.Rehearsal;
import io.affinage.cli.run.RunFollower;
import io.affinage.cli.run.RunOutcome;
import io.affinage.cli.run.RunRequest;
import io.affinage.cli.run.Session;
import io.affinage.cli.run.StagePlan;
import io.affinage.cli.stack.ModelTool;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.cli.terminal.Figures;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetReady;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.Stage;
import io.affinage.events.StageNeeds;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.NearestName;
import io.affinage.events.spec.SettingNames;
import io.affinage.events.spec.SpecResolver;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage run}. */
@Command(
    name = "run",
    description = "Run a recipe: dataset, training, evaluation, decision; follow it to its end.")
public final class RunCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Parameters(paramLabel = "RECIPE", description = "A recipe in YAML; see the folder recipes/.")
  private Path file;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "The base model: a Hugging Face folder, a .gguf file, a Hugging Face id (owner/name), or a registered model; replaces the recipe's.")
  private String model;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "The dataset; replaces the recipe's.")
  private Path data;

  @Option(names = "--check", description = "Only say whether the recipe could run.")
  private boolean check;

  @Option(
      names = "--dry-run",
      description =
          "Ingest the datasets, and tell of every stage what it would do and what is wrong with it; of trainings also what they would take: tokens, memory, time and every setting. Trains nothing.")
  private boolean dryRun;

  @Override
  public Integer call() throws Exception {
    Recipe recipe = read();
    String base = model != null ? model : recipe.model();
    Path dataFile = dataFile(recipe);
    requireRunnable(recipe, base, dataFile);
    if (base != null && Files.exists(Path.of(base))) {
      new ModelTool(root.install()).header(Path.of(base));
    }
    if (base != null && !check && root.usesLocalStack()) {
      HubReach.require(base, root::environment, Path.of(System.getProperty("user.home")));
    }
    if (check) {
      root.terminal()
          .result(
              Map.of("recipe", file.toString(), "valid", true),
              List.of(file + " is valid; nothing was started (--check)."));
      return ExitCode.OK.status();
    }
    if (dryRun) {
      return rehearse(recipe, base, dataFile);
    }
    long start = System.nanoTime();
    try (Session session = Session.open(root, EnumSet.allOf(ServiceKind.class))) {
      List<Optional<DatasetReady>> datasets = datasets(session, recipe, dataFile);
      requireFit(recipe, datasets);
      RunRequest request = request(session, recipe, base, dataFile, datasets);
      RunOutcome outcome = new RunFollower(session, root.terminal()).complete(request);
      return report(session, outcome, (System.nanoTime() - start) / 1e9);
    }
  }

  private int rehearse(Recipe recipe, String base, Path dataFile) throws Exception {
    try (Session session =
        Session.open(root, EnumSet.of(ServiceKind.DATASET, ServiceKind.TRAINER))) {
      List<Optional<DatasetReady>> own = datasets(session, recipe, dataFile);
      RunRequest whole = request(session, recipe, base, dataFile, own);
      DatasetReady now =
          new RunFollower(session, root.terminal())
              .complete(whole.withoutStages())
              .run()
              .dataset()
              .orElseThrow();
      List<DatasetReady> datasets = new ArrayList<>();
      for (Optional<DatasetReady> dataset : own) {
        now = dataset.orElse(now);
        datasets.add(now);
      }
      Rehearsal found =
          Rehearsal.of(
              new StagePlan(whole.name(), whole.stages()),
              datasets,
              (training, submission) ->
                  DryRunReport.ask(
                      session.service(ServiceKind.TRAINER), training, submission, root.terminal()));
      root.terminal().result(found.json(), found.lines());
      return found.possible() ? ExitCode.OK.status() : ExitCode.FAILED.status();
    }
  }

  private Recipe read() {
    if (!Files.isRegularFile(file)) {
      throw new CliException(
          ExitCode.USAGE, "wrong_file", file + " is no file: give a recipe in YAML.");
    }
    try (Reader yaml = Files.newBufferedReader(file)) {
      return RecipeReader.read(yaml);
    } catch (RecipeException e) {
      throw new CliException(
          ExitCode.USAGE,
          "invalid_recipe",
          e.problems().stream()
              .map(problem -> "%s:%d: %s".formatted(file, problem.line(), problem.message()))
              .collect(
                  Collectors.joining(
                      "\n  ",
                      "%d %s in the recipe; nothing was started:\n  "
                          .formatted(
                              e.problems().size(),
                              e.problems().size() == 1 ? "problem" : "problems"),
                      "")),
          e);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.USAGE, "wrong_file", file + " cannot be read as text: " + e.getMessage(), e);
    }
  }

  private Path dataFile(Recipe recipe) {
    if (data != null) {
      return data;
    }
    if (recipe.data() == null || recipe.data().path() == null) {
      return null;
    }
    return beside(recipe.data().path());
  }

  private static void requireModels(Recipe recipe, List<String> missing) {
    for (Recipe.Step step : recipe.steps()) {
      if (step instanceof Recipe.Train train && train.base() instanceof Recipe.Other other) {
        try {
          LocalFiles.requireModel(other.model());
        } catch (CliException e) {
          missing.add(e.getMessage());
        }
      }
    }
  }

  private void requireFiles(Recipe recipe, List<String> missing) {
    for (Recipe.Step step : recipe.steps()) {
      Recipe.Rows rows =
          step instanceof Recipe.Train train ? train.rows() : ((Recipe.Evaluate) step).rows();
      if (rows instanceof Recipe.Data own && own.path() != null) {
        try {
          LocalFiles.requireData(beside(own.path()));
        } catch (CliException e) {
          missing.add(e.getMessage());
        }
      }
    }
  }

  private void requireRunnable(Recipe recipe, String base, Path dataFile) {
    List<String> missing = new ArrayList<>();
    boolean scratch =
        recipe.steps().stream()
            .filter(step -> step instanceof Recipe.Train)
            .map(step -> (Recipe.Train) step)
            .findFirst()
            .map(train -> train.spec().architecture() != null)
            .orElse(false);
    boolean needed =
        recipe.steps().stream()
            .anyMatch(
                step ->
                    step instanceof Recipe.Train train && train.base() instanceof Recipe.RunModel);
    if (base == null && !scratch && needed) {
      missing.add("no base model: give --model, or 'model' in the recipe");
    }
    if (dataFile == null) {
      missing.add("no dataset: give --data, or 'data.path' in the recipe");
    }
    try {
      if (base != null) {
        LocalFiles.requireModel(base);
      }
    } catch (CliException e) {
      missing.add(e.getMessage());
    }
    try {
      if (dataFile != null) {
        LocalFiles.requireData(dataFile);
      }
    } catch (CliException e) {
      missing.add(e.getMessage());
    }
    requireModels(recipe, missing);
    requireFiles(recipe, missing);
    missing.addAll(contradictions(recipe, base == null ? scratch : base.equals("scratch")));
    if (!missing.isEmpty()) {
      throw new CliException(ExitCode.USAGE, "cannot_run", String.join("\n  ", missing));
    }
  }

  /** What a trainer would refuse once the data are there: settings that exclude each other. */
  private static List<String> contradictions(Recipe recipe, boolean scratch) {
    List<String> found = new ArrayList<>();
    Map<String, AdapterSpec> made = new HashMap<>();
    for (int i = 0; i < recipe.steps().size(); i++) {
      if (!(recipe.steps().get(i) instanceof Recipe.Train train)) {
        continue;
      }
      Optional<AdapterSpec> parent =
          train.base() instanceof Recipe.OfStage of
              ? Optional.ofNullable(made.get(of.name()))
              : train.base() instanceof Recipe.Previous
                  ? Optional.ofNullable(made.get(Stage.PREVIOUS))
                  : Optional.empty();
      made.remove(Stage.PREVIOUS);
      try {
        AdapterSpec adapter =
            SpecResolver.resolve(
                    train.spec(),
                    train.base() instanceof Recipe.RunModel && scratch,
                    parent.filter(a -> !(a instanceof NoAdapter)))
                .adapter();
        made.put(Stage.PREVIOUS, adapter);
        if (train.name() != null) {
          made.put(train.name(), adapter);
        }
      } catch (InvalidSpecException e) {
        for (ErrorDetail problem : e.problems()) {
          String param = problem.param();
          found.add(
              "stages[%d].train.%s%s"
                  .formatted(
                      i + 1,
                      SettingNames.inRecipe(param),
                      problem.message().substring(param.length())));
        }
      }
    }
    return found;
  }

  /** The datasets of the stages' own, all faults at once; empty where a stage has none. */
  private List<Optional<DatasetReady>> datasets(Session session, Recipe recipe, Path dataFile)
      throws IOException {
    List<Optional<DatasetReady>> datasets = new ArrayList<>();
    List<CliException> faults = new ArrayList<>();
    for (int i = 0; i < recipe.steps().size(); i++) {
      try {
        datasets.add(dataset(session, recipe, i, dataFile));
      } catch (CliException e) {
        faults.add(e);
      }
    }
    if (faults.size() == 1) {
      throw faults.get(0);
    }
    if (!faults.isEmpty()) {
      throw new CliException(
          faults.get(0).exit(),
          faults.get(0).code(),
          faults.stream().map(CliException::getMessage).collect(Collectors.joining("\n  ")));
    }
    return datasets;
  }

  private RunRequest request(
      Session session,
      Recipe recipe,
      String base,
      Path dataFile,
      List<Optional<DatasetReady>> datasets)
      throws IOException {
    Recipe.Data told =
        recipe.data() != null
            ? recipe.data()
            : new Recipe.Data(null, null, null, DataRules.DETECTED);
    String reference =
        base == null
            ? "scratch"
            : LocalFiles.importModel(session.store(), session.view(Interest.RUNS), base);
    List<Stage> stages = new ArrayList<>();
    for (int i = 0; i < recipe.steps().size(); i++) {
      Optional<DatasetReady> dataset = datasets.get(i);
      ArtifactRef rows = dataset.map(DatasetReady::dataset).orElse(null);
      String rowsName = dataset.map(DatasetReady::name).orElse(null);
      if (recipe.steps().get(i) instanceof Recipe.Train train) {
        boolean own = train.base() instanceof Recipe.Other;
        String named = own ? ((Recipe.Other) train.base()).model() : base;
        stages.add(
            new Stage.Train(
                own
                    ? LocalFiles.importModel(session.store(), session.view(Interest.RUNS), named)
                    : reference(train.base(), reference),
                train.spec(),
                train.suffix() == null ? recipe.name() : train.suffix(),
                own || train.base() instanceof Recipe.RunModel ? LocalFiles.baseName(named) : null,
                train.name(),
                rows,
                rowsName));
      } else if (recipe.steps().get(i) instanceof Recipe.Evaluate evaluate) {
        stages.add(
            new Stage.Evaluate(
                evaluate.spec(), rows, rowsName, evaluate.model(), evaluate.compare()));
      }
    }
    return new RunRequest(
        recipe.name(),
        LocalFiles.importData(session.store(), dataFile, told.columns(), told.constants()),
        told.rules(),
        stages);
  }

  /** Whether stages can work with the datasets of their own; the recipe's is looked at with it. */
  private static void requireFit(Recipe recipe, List<Optional<DatasetReady>> datasets) {
    List<String> unfit = new ArrayList<>();
    Optional<DatasetReady> now = Optional.empty();
    for (int i = 0; i < recipe.steps().size(); i++) {
      now = datasets.get(i).isPresent() ? datasets.get(i) : now;
      Recipe.Step step = recipe.steps().get(i);
      String at = "stages[%d]".formatted(i + 1);
      now.flatMap(
              ready ->
                  step instanceof Recipe.Train train
                      ? StageNeeds.ofTraining(ready, train.spec(), at)
                      : StageNeeds.ofEvaluation(ready, ((Recipe.Evaluate) step).spec(), at))
          .ifPresent(
              unmet -> unfit.add("%s: %s [%s]".formatted(at, unmet.message(), unmet.code())));
    }
    if (!unfit.isEmpty()) {
      throw new CliException(ExitCode.USAGE, "cannot_run", String.join("\n  ", unfit));
    }
  }

  /** The dataset of a stage's own, handed in where it is a file; empty for none. */
  private Optional<DatasetReady> dataset(Session session, Recipe recipe, int stage, Path dataFile)
      throws IOException {
    Recipe.Rows rows =
        recipe.steps().get(stage) instanceof Recipe.Train train
            ? train.rows()
            : ((Recipe.Evaluate) recipe.steps().get(stage)).rows();
    if (rows instanceof Recipe.Registered named) {
      return dataset(session, named.dataset());
    }
    if (!(rows instanceof Recipe.Data own)) {
      return Optional.empty();
    }
    String name = "%s-%d".formatted(recipe.name(), stage + 1);
    RunRequest handedIn =
        new RunRequest(
            name,
            LocalFiles.importData(
                session.store(),
                own.path() == null ? dataFile : beside(own.path()),
                own.columns(),
                own.constants()),
            own.rules(),
            List.of());
    return new RunFollower(session, root.terminal()).complete(handedIn).run().dataset();
  }

  /** Relative to the recipe's folder. */
  private Path beside(String path) {
    return file.toAbsolutePath().getParent().resolve(path).normalize();
  }

  private static String reference(Recipe.Base base, String ofTheRun) {
    if (base instanceof Recipe.OfStage of) {
      return Stage.OF_STAGE + of.name();
    }
    return base instanceof Recipe.Previous ? Stage.PREVIOUS : ofTheRun;
  }

  /**
   * A registered dataset.
   *
   * @param named its submission's id, its digest or its name
   */
  private static Optional<DatasetReady> dataset(Session session, String named) {
    Collection<DatasetReady> known = session.view(Interest.RUNS).datasets();
    Map<String, DatasetReady> found = new LinkedHashMap<>();
    for (DatasetReady ready : known) {
      String digest = ready.dataset().digest();
      if (List.of(ready.submissionId(), digest, ready.name()).contains(named)) {
        found.put(digest, ready);
      }
    }
    if (found.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE,
          "unknown_dataset",
          "no dataset '%s' is ready%s: hand it in first (affinage submit)"
              .formatted(
                  named,
                  NearestName.hint(
                      named,
                      known.stream()
                          .map(DatasetReady::name)
                          .collect(Collectors.toCollection(TreeSet::new)))));
    }
    if (found.size() > 1) {
      throw new CliException(
          ExitCode.USAGE,
          "ambiguous_dataset",
          "several versions are called '%s', give a digest: %s"
              .formatted(named, String.join(", ", found.keySet())));
    }
    return found.values().stream().findFirst();
  }

  private int report(Session session, RunOutcome outcome, double seconds) throws IOException {
    ModelRegistered made = outcome.run().model().orElseThrow();
    Map<String, Object> json = new LinkedHashMap<>();
    List<String> lines = new ArrayList<>();
    if (outcome.reused()) {
      lines.add("The same run had ended before; this is its result.");
    }
    EvaluationCompleted evaluation = outcome.run().evaluation().orElse(null);
    ModelSummary.Decision decision = outcome.run().decision().orElse(null);
    if (evaluation != null) {
      EvaluationReport report = new EvaluationReport(evaluation, decision);
      json.putAll(report.json());
      lines.add("");
      lines.addAll(report.lines());
      lines.addAll(report.sampleLines(1));
    }
    Path folder = session.store().localFolder(made.model().digest());
    json.put("model", made.modelId());
    json.put("metrics_of_training", made.metrics());
    json.put("seconds", seconds);
    json.put("reused", outcome.reused());
    json.put(
        "artifacts",
        Map.of(
            "store", session.storeLocation(),
            "model", folder.toString(),
            "model_digest", made.model().digest(),
            "dataset_digest", made.dataset().digest()));
    lines.add("");
    lines.add("model     " + made.modelId());
    lines.add("files     " + folder);
    lines.add("training  " + Figures.of(made.metrics()));
    lines.add("next      ./affinage chat " + made.modelId());
    root.terminal().result(json, lines);
    return decision != null && !decision.promoted()
        ? ExitCode.FAILED.status()
        : ExitCode.OK.status();
  }
}
