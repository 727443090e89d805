package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.stack.Home;
import io.affinage.cli.stack.LocalKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code affinage keys}. */
@Command(
    name = "keys",
    description = "Tell where the local stack's API key lies, show it, or make a new one.")
public final class KeysCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Option(names = "--show", description = "Print the key.")
  private boolean show;

  @Option(
      names = "--rotate",
      description = "Make a new key; running services forget the old one within seconds.")
  private boolean rotate;

  @Override
  public Integer call() {
    Home home = root.home();
    LocalKey local = new LocalKey(home);
    if (rotate) {
      local.rotate();
    }
    String key =
        local
            .read()
            .orElseThrow(
                () ->
                    new CliException(
                        ExitCode.USAGE,
                        "no_key",
                        "%s has no key yet: the first start of a stack makes one."
                            .formatted(home.folder())));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("keyFile", home.keyFile().toString());
    result.put("keysFile", home.keysFile().toString());
    List<String> lines = new ArrayList<>();
    if (show) {
      result.put("key", key);
      lines.add(key);
    } else {
      lines.add("key       " + home.keyFile() + " (--show prints it)");
      lines.add("in force  " + home.keysFile() + " (one a line: NAME ROLES KEY)");
      lines.add("use       Authorization: Bearer KEY; OpenAI's clients take it as api_key");
    }
    root.terminal().result(result, lines);
    return ExitCode.OK.status();
  }
}
