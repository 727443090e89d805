package io.affinage.llm.hub;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where models come from and go to.
 *
 * @param endpoint the hub, such as {@code https://huggingface.co}
 * @param token access token, sent to the endpoint's host only
 * @param cache folder that downloads are kept in
 * @param offline whether only the cache is used
 * @param attempts tries of one file that bring nothing new before it is given up, at least 1
 * @param firstPause before the second try; doubled for each further one
 * @param idleTimeout how long a connection may bring no byte
 */
public record HubSettings(
    URI endpoint,
    Optional<String> token,
    Path cache,
    boolean offline,
    int attempts,
    Duration firstPause,
    Duration idleTimeout) {

  /** The endpoint where nothing else is configured. */
  public static final URI DEFAULT_ENDPOINT = URI.create("https://huggingface.co");

  public HubSettings {
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(cache, "cache");
    String scheme = endpoint.getScheme();
    if (endpoint.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
      throw new LlmException(
          "hub_endpoint_invalid",
          "the hub's endpoint must be an http or https address, but is " + endpoint);
    }
    if (token.isPresent() && !token.get().matches("[\\x21-\\x7E]+")) {
      throw new LlmException(
          "hub_token_invalid", "the hub's token holds characters that no token has");
    }
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts must be at least 1");
    }
  }

  /**
   * Settings from the environment variables that Hugging Face's tools use: {@code HF_ENDPOINT},
   * {@code HF_TOKEN}, {@code HF_TOKEN_PATH} (default {@code $HF_HOME/token} or {@code
   * ~/.cache/huggingface/token}) and {@code HF_HUB_OFFLINE}; the cache is {@code
   * AFFINAGE_HUB_CACHE} or {@code ~/.cache/affinage/hub}.
   */
  public static HubSettings fromEnvironment(Map<String, String> environment, Path home) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", "");
    Path huggingFace =
        environment.containsKey("HF_HOME")
            ? Path.of(environment.get("HF_HOME"))
            : home.resolve(".cache").resolve("huggingface");
    Path tokenFile =
        environment.containsKey("HF_TOKEN_PATH")
            ? Path.of(environment.get("HF_TOKEN_PATH"))
            : huggingFace.resolve("token");
    Path cache =
        environment.containsKey("AFFINAGE_HUB_CACHE")
            ? Path.of(environment.get("AFFINAGE_HUB_CACHE"))
            : home.resolve(".cache").resolve("affinage").resolve("hub");
    String offline = environment.getOrDefault("HF_HUB_OFFLINE", "");
    return new HubSettings(
        endpoint.isBlank() ? DEFAULT_ENDPOINT : endpoint(endpoint.strip()),
        token(environment.get("HF_TOKEN"), tokenFile),
        cache,
        offline.equals("1") || offline.equalsIgnoreCase("true") || offline.equalsIgnoreCase("yes"),
        5,
        Duration.ofSeconds(1),
        Duration.ofSeconds(30));
  }

  private static URI endpoint(String text) {
    try {
      return URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
    } catch (IllegalArgumentException e) {
      throw new LlmException("hub_endpoint_invalid", "HF_ENDPOINT is not an address: " + text, e);
    }
  }

  private static Optional<String> token(String variable, Path file) {
    if (variable != null && !variable.isBlank()) {
      return Optional.of(variable.strip());
    }
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
    } catch (IOException e) {
      throw new LlmException(
          "hub_token_unreadable",
          "the token file %s cannot be read: %s".formatted(file, e.getMessage()),
          e);
    }
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "HubSettings[endpoint=%s, token=%s, cache=%s, offline=%s]"
        .formatted(endpoint, token.isPresent() ? "(set)" : "(none)", cache, offline);
  }
}
