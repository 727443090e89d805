package io.affinage.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginRuleTest {
  private final OriginRule rule = new OriginRule(false);

  @ParameterizedTest
  @CsvSource({
    "localhost:8081,http://localhost:8081,true",
    "localhost:8081,HTTP://LOCALHOST:8081,true",
    "api.example.com,https://api.example.com,true",
    "api.example.com:443,https://api.example.com,true",
    "[::1]:8081,http://[::1]:8081,true",
    "localhost:8081,http://localhost:8082,false",
    "localhost:8081,http://localhost,false",
    "localhost,http://localhost.evil,false",
    "localhost,http://evil#localhost,false",
    "localhost,null,false",
    "localhost,'',false",
    ",http://localhost,false"
  })
  void shouldTellItsOwnPagesFromOthers(String authority, String origin, boolean allowed) {
    assertThat(rule.allows("POST", authority, List.of(origin), null)).isEqualTo(allowed);
    assertThat(rule.allows("DELETE", authority, List.of(origin), "same-origin")).isEqualTo(allowed);
    assertThat(rule.allows("GET", authority, List.of(origin), "cross-site")).isTrue();
  }

  @Test
  void shouldGoByWhatBrowsersSayOfTheSiteWhereTheySendNoOrigin() {
    assertThat(rule.allows("POST", "localhost", List.of(), null)).isTrue();
    assertThat(rule.allows("POST", "localhost", List.of(), "none")).isTrue();
    assertThat(rule.allows("POST", "localhost", List.of(), "same-site")).isFalse();
    assertThat(rule.allows("POST", "localhost", List.of(), "cross-site")).isFalse();
    assertThat(rule.allows("POST", "localhost", List.of("http://localhost", "http://evil"), null))
        .isFalse();
  }

  @Test
  void shouldLeaveOriginsToTheFilterOfCorsWhereThatIsOn() {
    assertThat(new OriginRule(true).allows("POST", "localhost", List.of("http://app"), null))
        .isTrue();
    assertThat(new OriginRule(true).allows("POST", "localhost", List.of(), "cross-site")).isFalse();
  }
}
