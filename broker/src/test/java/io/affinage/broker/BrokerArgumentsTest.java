package io.affinage.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BrokerArgumentsTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("AFFINAGE_BROKER_FOLDER", "/data", "AFFINAGE_BROKER_PORT", "9092");

  @Test
  void shouldTakeWhatIsMissingFromTheEnvironment() {
    assertThat(BrokerArguments.parse(new String[0], ENVIRONMENT))
        .isEqualTo(new BrokerArguments(Path.of("/data"), 9092, false));
  }

  @Test
  void shouldPreferArgumentsToTheEnvironment() {
    String[] arguments = {"--port", "1234", "--folder", "/other", "--exit-with-parent"};
    assertThat(BrokerArguments.parse(arguments, ENVIRONMENT))
        .isEqualTo(new BrokerArguments(Path.of("/other"), 1234, true));
  }

  @Test
  void shouldNameWhatIsWrong() {
    assertThatThrownBy(() -> BrokerArguments.parse(new String[] {"--port"}, ENVIRONMENT))
        .hasMessageContaining("--port needs a value");
    assertThatThrownBy(() -> BrokerArguments.parse(new String[] {"--port", "x"}, ENVIRONMENT))
        .hasMessageContaining("Not a port");
    assertThatThrownBy(() -> BrokerArguments.parse(new String[0], Map.of()))
        .hasMessageContaining("folder");
  }
}
