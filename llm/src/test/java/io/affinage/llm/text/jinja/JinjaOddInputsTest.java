package io.affinage.llm.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Every filter, test and method on values that it was not made for, against what transformers
 * renders or refuses (src/test/python/jinja_odd_fixture.py).
 */
class JinjaOddInputsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldRenderAndRefuseWhatTransformersDoes() throws IOException {
    JsonNode fixture;
    try (InputStream in = getClass().getResourceAsStream("jinja_odd_cases.json")) {
      fixture = JSON.readTree(in);
    }
    Map<String, Object> context =
        JSON.convertValue(fixture.get("context"), new TypeReference<>() {});
    List<String> wrong = new ArrayList<>();
    for (JsonNode each : fixture.get("cases")) {
      String source = each.get("template").asText();
      String text;
      try {
        text = Template.parse(source).render(context, Clock.systemUTC()).text();
      } catch (JinjaException e) {
        if (!each.has("error")) {
          wrong.add("%s: %s instead of '%s'".formatted(source, e.getMessage(), each.get("output")));
        }
        continue;
      }
      if (each.has("error")) {
        wrong.add("%s gives '%s', but is refused: %s".formatted(source, text, each.get("error")));
      } else if (!text.equals(each.get("output").asText())) {
        wrong.add("%s gives '%s' instead of '%s'".formatted(source, text, each.get("output")));
      }
    }
    assertThat(fixture.get("cases")).hasSizeGreaterThan(3000);
    assertThat(wrong).isEmpty();
  }
}
