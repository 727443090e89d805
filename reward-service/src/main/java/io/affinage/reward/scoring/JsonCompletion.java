package io.affinage.reward.scoring;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What a completion says as JSON. */
sealed interface JsonCompletion {
  ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** Steps of parsing a character, and of keeping a value. */
  long STEPS_A_CHARACTER = 10;

  long STEPS_A_VALUE = 100;

  /** One value. */
  record Value(JsonNode node) implements JsonCompletion {}

  /** Something else. */
  record NotJson(String why) implements JsonCompletion {}

  /** JSON with a number that a double cannot hold, so that it cannot be compared. */
  record OutOfRange(String number) implements JsonCompletion {}

  static JsonCompletion of(String text, Budget budget) {
    budget.spend(STEPS_A_CHARACTER * text.length());
    try {
      String beyond = numberOutOfRange(text, budget);
      if (beyond != null) {
        return new OutOfRange(beyond);
      }
      JsonNode value = JSON.readTree(text);
      return value == null || value.isMissingNode() ? new NotJson("empty") : new Value(value);
    } catch (JsonProcessingException e) {
      return new NotJson(e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A tree holds 1e999 as infinity and 1e-999 as 0. */
  private static String numberOutOfRange(String text, Budget budget) throws IOException {
    try (JsonParser tokens = JSON.createParser(text)) {
      for (JsonToken token = tokens.nextToken(); token != null; token = tokens.nextToken()) {
        budget.spend(STEPS_A_VALUE);
        if (token == JsonToken.VALUE_NUMBER_FLOAT
            && Double.isNaN(ParsedNumber.number(tokens.getText()))) {
          String number = tokens.getText();
          return number.length() <= 40 ? number : number.substring(0, 40) + "\u2026";
        }
      }
    }
    return null;
  }
}
