package io.affinage.artifacts;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A store's location {@code s3://bucket/prefix?options}. */
record S3Location(String bucket, String prefix, S3Endpoint endpoint, Path cache) {
  private static final Set<String> OPTIONS = Set.of("endpoint", "region", "pathStyle", "cache");

  static S3Location parse(String location) throws ArtifactStoreException {
    URI uri = URI.create(location);
    if (uri.getRawAuthority() == null || uri.getRawUserInfo() != null) {
      throw invalid(location, "it names no bucket, or credentials, which belong elsewhere", null);
    }
    Map<String, String> options = options(location, uri.getRawQuery());
    String pathStyle = options.getOrDefault("pathStyle", "false");
    if (!pathStyle.equals("true") && !pathStyle.equals("false")) {
      throw invalid(location, "pathStyle is neither true nor false", null);
    }
    S3Endpoint endpoint =
        new S3Endpoint(
            Optional.ofNullable(options.get("endpoint")).map(URI::create),
            Optional.ofNullable(options.get("region")),
            Boolean.parseBoolean(pathStyle));
    if (endpoint.endpoint().isPresent() && endpoint.endpoint().get().getHost() == null) {
      throw invalid(location, "endpoint is not an absolute URI such as https://host", null);
    }
    return new S3Location(
        uri.getRawAuthority(),
        uri.getPath().replaceAll("^/+|/+$", ""),
        endpoint,
        Path.of(options.getOrDefault("cache", defaultCache())));
  }

  private static Map<String, String> options(String location, String query)
      throws ArtifactStoreException {
    Map<String, String> options = new HashMap<>();
    for (String option : query == null ? new String[0] : query.split("&")) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      if (equals < 0 || !OPTIONS.contains(name)) {
        throw invalid(location, "'" + option + "' is none of the options " + OPTIONS, null);
      }
      options.put(name, URLDecoder.decode(option.substring(equals + 1), StandardCharsets.UTF_8));
    }
    return options;
  }

  private static String defaultCache() {
    return Path.of(System.getProperty("user.home"), ".cache", "affinage", "artifacts").toString();
  }

  static ArtifactStoreException invalid(String location, String why, Exception cause) {
    return new ArtifactStoreException(
        ArtifactFault.ARTIFACT_STORE_LOCATION_INVALID,
        "the artifact store's location '"
            + location
            + "' is not understood, as "
            + why
            + "; give a path, file:/path or s3://bucket/prefix",
        cause);
  }
}
