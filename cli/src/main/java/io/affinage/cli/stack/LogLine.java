package io.affinage.cli.stack;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** A line of a service's log, which is JSON for collectors, as people read it. */
final class LogLine {
  private static final ObjectMapper JSON = new ObjectMapper();

  private LogLine() {}

  /** Level, message and the exception's own line; a line that is no JSON stays as it is. */
  static String readable(String line) {
    if (!line.startsWith("{")) {
      return line;
    }
    try {
      JsonNode node = JSON.readTree(line);
      JsonNode exception = node.path("exception");
      return node.path("level").asText()
          + " "
          + node.path("message").asText()
          + (exception.isMissingNode()
              ? ""
              : " ("
                  + exception.path("exceptionType").asText()
                  + ": "
                  + exception.path("message").asText()
                  + ")");
    } catch (JsonProcessingException e) {
      return line;
    }
  }
}
