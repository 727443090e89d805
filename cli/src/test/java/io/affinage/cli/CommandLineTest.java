package io.affinage.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.cli.stack.Install;
import io.affinage.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a script or a user in a hurry meets: statuses and one-line errors, before any service. */
class CommandLineTest {
  @TempDir private Path folder;

  private record Result(int status, String out, String err) {}

  private Result run(String... arguments) {
    return run(Map.of(), arguments);
  }

  private Result run(Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal = new Terminal(new PrintStream(out), new PrintStream(err), false, 100);
    int status =
        Affinage.execute(
            terminal, new Install(folder.resolve("nothing-built")), environment, arguments);
    return new Result(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private String home() {
    return folder.resolve("home").toString();
  }

  private Path file(String name, String content) throws Exception {
    return Files.writeString(folder.resolve(name), content);
  }

  @Test
  void shouldSuggestTheOptionThatWasMeant() {
    Result result = run("jobs", "--jsn");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo(
            "affinage: Unknown option: '--jsn'; did you mean --json? (see 'affinage jobs --help')\n");
  }

  @Test
  void shouldNameAMisspeltOptionBeforeWhatIsMissing() {
    Result result = run("export", "--formt", "gguf");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err())
        .contains("Unknown option: '--formt'")
        .contains("did you mean --format");
  }

  @Test
  void shouldRefuseAnUnknownCommand() {
    Result result = run("jobz");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("'jobz'").contains("did you mean jobs?");
  }

  @Test
  void shouldHelpWithACommandByName() {
    Result result = run("help", "run");
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isZero();

    Result unknown = run("help", "jobz");
    assertThat(unknown.status()).isEqualTo(2);
    assertThat(unknown.err()).contains("jobz").contains("Unknown subcommand");
  }

  @Test
  void shouldGiveErrorsAsJsonToo() throws Exception {
    Result result = run("submit", "missing.jsonl", "--name", "x", "--json");
    assertThat(result.status()).isEqualTo(2);
    assertThat(new ObjectMapper().readTree(result.out()).at("/error/code").asText())
        .isEqualTo("wrong_file");
  }

  @Test
  void shouldAskAScriptForACommand() throws Exception {
    Result result = run("--json");
    assertThat(result.status()).isEqualTo(2);
    assertThat(new ObjectMapper().readTree(result.out()).at("/error/code").asText())
        .isEqualTo("usage");
  }

  @Test
  void shouldRefuseAMissingFileAndAFolder() {
    assertThat(run("submit", "missing.jsonl", "--name", "x").err())
        .isEqualTo("affinage: missing.jsonl does not exist: check the path.\n");
    assertThat(run("submit", folder.toString(), "--name", "x").err()).contains("is a folder");
  }

  @Test
  void shouldRefuseAnEmptyFile() throws Exception {
    Path empty = file("empty.jsonl", "");
    assertThat(run("submit", empty.toString(), "--name", "x").err())
        .isEqualTo("affinage: " + empty + " is empty: give a file with rows.\n");
  }

  @Test
  void shouldRefuseANameThatIsAPath() throws Exception {
    Result result = run("submit", file("a.jsonl", "{}").toString(), "--name", "../x");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("--name");
  }

  @Test
  void shouldTellEveryProblemOfARecipeWithItsLine() throws Exception {
    Path recipe = file("r.yaml", "name: a b\nstages:\n  - train: {epochs: x}\n");
    Result result = run("run", recipe.toString(), "--home", home());
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err())
        .contains(recipe + ":1: name")
        .contains(recipe + ":3: stages[1].train.epochs");
  }

  @Test
  void shouldRefuseAModelThatIsNone() throws Exception {
    Path recipe = file("r.yaml", "name: a\nstages:\n  - train: {method: sft}\n");
    Path data = file("d.jsonl", "{}");
    String[][] cases = {
      {file("model.txt", "x").toString(), "is not a .gguf file"},
      {folder.toString(), "neither config.json"},
      {"./missing", "does not exist"},
      {"missing.gguf", "does not exist"},
      {"just-a-word", "is no model"},
    };
    for (String[] each : cases) {
      Result result = run("run", recipe.toString(), "--data", data.toString(), "--model", each[0]);
      assertThat(result.status()).as(each[0]).isEqualTo(2);
      assertThat(result.err()).as(each[0]).contains(each[1]);
    }
  }

  /**
   * A path with one slash has the form of a hub id; nothing is started to find out that it is none.
   */
  @Test
  void shouldSayThatAModelIsNeitherHereNorReachable() throws Exception {
    Path recipe = file("r.yaml", "name: a\nstages:\n  - train: {method: sft}\n");
    Path data = file("d.jsonl", "{}");
    Map<String, Map<String, String>> cases =
        Map.of(
            "HF_HUB_OFFLINE is set", Map.of("HF_HUB_OFFLINE", "1"),
            "hub.invalid is not known", Map.of("HF_ENDPOINT", "http://hub.invalid"),
            "127.0.0.1 cannot be reached", Map.of("HF_ENDPOINT", "http://127.0.0.1:1"));
    cases.forEach(
        (why, environment) -> {
          Map<String, String> given = new HashMap<>(environment);
          given.put("AFFINAGE_HUB_CACHE", folder.resolve("no-cache").toString());
          Result result =
              run(
                  given,
                  "run",
                  recipe.toString(),
                  "--data",
                  data.toString(),
                  "--model",
                  "models/smol");
          assertThat(result.status()).as(why).isEqualTo(2);
          assertThat(result.err())
              .contains("'models/smol' is no folder and no file here")
              .contains(why);
        });
  }

  @Test
  void shouldTakeAFolderRatherThanOneOfItsFiles() throws Exception {
    Path recipe = file("r.yaml", "name: a\nstages:\n  - train: {method: sft}\n");
    Path data = file("d.jsonl", "{}");
    String weights = file("model.safetensors", "x").toString();
    Result result = run("run", recipe.toString(), "--data", data.toString(), "--model", weights);
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("give the folder that it lies in");
  }

  @Test
  void shouldSayWhatARunLacks() throws Exception {
    Result result =
        run("run", file("r.yaml", "name: a\nstages:\n  - train: {method: sft}\n").toString());
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("--model").contains("--data");
  }

  @Test
  void shouldCheckARecipeWithoutStartingAnything() throws Exception {
    Path recipe = file("r.yaml", "name: a\nmodel: owner/name\nstages:\n  - train: {method: sft}\n");
    Result result =
        run("run", "--check", recipe.toString(), "--data", file("d.jsonl", "{}").toString());
    assertThat(result.status()).isZero();
    assertThat(result.out()).contains("is valid");
  }

  @Test
  void shouldSayThatNoKafkaAnswers() {
    Result result = run("jobs", "--home", home(), "--bootstrap-servers", "127.0.0.1:1");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.err()).startsWith("affinage: No Kafka answers at 127.0.0.1:1");
  }

  @Test
  void shouldSayThatTheServicesAreNotBuilt() {
    Result result = run("demo", "--home", home());
    assertThat(result.status()).isEqualTo(4);
    assertThat(result.err()).contains("quarkus-run.jar is missing");
  }

  @Test
  void shouldRefuseToExportOverFiles() throws Exception {
    file("precious", "x");
    Result result = run("export", "m", folder.toString(), "--home", home());
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("nothing is overwritten");
  }

  @Test
  void shouldTellItsVersion() {
    assertThat(run("--version").status()).isZero();
  }
}
