package io.affinage.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServiceAddressTest {
  private static final URI LOCAL = URI.create("http://127.0.0.1:8084");

  @Test
  void shouldSendTheKeyAndNeverShowIt() {
    ServiceAddress address = new ServiceAddress(LOCAL, Optional.of("secret"));

    assertThat(address.request("/v1/models").build().headers().firstValue("Authorization"))
        .contains("Bearer secret");
    assertThat(address.request("/v1/models").build().uri()).isEqualTo(LOCAL.resolve("/v1/models"));
    assertThat(address).asString().doesNotContain("secret");
  }

  @Test
  void shouldSendNoneWhereThereIsNone() {
    assertThat(new ServiceAddress(LOCAL, Optional.empty()).request("/").build().headers().map())
        .doesNotContainKey("Authorization");
  }
}
