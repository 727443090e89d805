package io.affinage.cli.run;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * Finds out before anything is started whether a trainer on this machine could fetch a model from
 * its hub. A path that does not exist looks like a hub id, and would otherwise end as a failed
 * download.
 */
public final class HubReach {
  private static final int CONNECT_MILLIS = 3_000;
  private static final List<String> PROXIES =
      List.of("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");

  private HubReach() {}

  /**
   * @param model as the user names it; other than hub ids pass
   * @param environment as the trainer will have it; null for what is not set
   * @param home the user's folder
   * @throws CliException {@code model_unreachable}
   */
  public static void require(String model, UnaryOperator<String> environment, Path home) {
    if (!LocalFiles.isHubId(model) || isCached(model, environment, home)) {
      return;
    }
    if (isOffline(environment)) {
      throw unreachable(
          model, "HF_HUB_OFFLINE is set, and it is not in the cache of earlier fetches");
    }
    if (PROXIES.stream().anyMatch(name -> environment.apply(name) != null)) {
      return; // the proxy knows
    }
    String given = environment.apply("HF_ENDPOINT");
    URI endpoint = URI.create(given == null || given.isBlank() ? "https://huggingface.co" : given);
    int port =
        endpoint.getPort() >= 0
            ? endpoint.getPort()
            : "http".equals(endpoint.getScheme()) ? 80 : 443;
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getByName(endpoint.getHost()), port), CONNECT_MILLIS);
    } catch (UnknownHostException e) {
      throw unreachable(model, endpoint.getHost() + " is not known to this machine's name service");
    } catch (IOException e) {
      throw unreachable(
          model,
          "%s cannot be reached (%s)"
              .formatted(
                  endpoint.getHost(), String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT)));
    }
  }

  private static boolean isOffline(UnaryOperator<String> environment) {
    String offline = environment.apply("HF_HUB_OFFLINE");
    return offline != null
        && List.of("1", "true", "yes").contains(offline.toLowerCase(Locale.ROOT));
  }

  private static boolean isCached(String model, UnaryOperator<String> environment, Path home) {
    String cache = environment.apply("AFFINAGE_HUB_CACHE");
    Path folder =
        cache == null ? home.resolve(".cache").resolve("affinage").resolve("hub") : Path.of(cache);
    String id = model.startsWith("hub:") ? model.substring("hub:".length()) : model;
    int at = id.indexOf('@');
    String repository = at < 0 ? id : id.substring(0, at);
    return Files.isDirectory(folder.resolve(repository.replace("/", "--")));
  }

  private static CliException unreachable(String model, String why) {
    int slash = model.indexOf('/');
    boolean beside = slash > 0 && Files.isDirectory(Path.of(model.substring(0, slash)));
    return new CliException(
        ExitCode.USAGE,
        "model_unreachable",
        "'%s' is no folder and no file here%s, and as a Hugging Face id it cannot be fetched: %s. Give a folder, a .gguf file or a registered model's id."
            .formatted(
                model,
                beside
                    ? " (the folder %s is: check the rest)".formatted(model.substring(0, slash))
                    : "",
                why));
  }
}
