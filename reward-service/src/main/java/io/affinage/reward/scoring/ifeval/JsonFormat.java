package io.affinage.reward.scoring.ifeval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;

/** The whole response is JSON, which may stand in a fence of Markdown. */
record JsonFormat() implements Check {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // As Python's parser.
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();
  private static final List<String> OPENINGS = List.of("```json", "```Json", "```JSON", "```");

  static Check of(InstructionArguments arguments) {
    return new JsonFormat();
  }

  @Override
  public boolean isFollowed(String response) {
    String text = Text.strip(response);
    for (String opening : OPENINGS) {
      text = text.startsWith(opening) ? text.substring(opening.length()) : text;
    }
    text = text.endsWith("```") ? text.substring(0, text.length() - 3) : text;
    try {
      JsonNode value = JSON.readTree(text);
      return value != null && !value.isMissingNode();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /** Tokens take longer than characters. */
  @Override
  public int passes() {
    return 2;
  }
}
