package io.affinage.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostRuleTest {
  private final HostRule rule = HostRule.of(List.of("Api.Example.com", " eval "));

  @ParameterizedTest
  @CsvSource({
    "localhost,true",
    "LocalHost:8081,true",
    "127.0.0.1:8081,true",
    "127.9.9.9,true",
    "[::1]:8081,true",
    "api.example.com:443,true",
    "eval,true",
    "10.0.0.7:8080,true",
    "10.0.0.8:8080,false",
    "[fe80::1],false",
    "evil.example,false",
    "example.com,false",
    "x.api.example.com,false",
    "localhost.,false",
    "localhost.evil,false",
    "127.0.0.1.evil,false",
    "2130706433,false",
    "0x7f000001,false",
    "user@localhost,false",
    "'localhost,evil',false",
    "localhost:80:80,false",
    "localhost:99999999,false",
    "'local host',false",
    "'',false",
    ",false"
  })
  void shouldKnowItsNamesAndAddresses(String authority, boolean allowed) {
    assertThat(rule.allows(authority, "10.0.0.7")).isEqualTo(allowed);
  }
}
