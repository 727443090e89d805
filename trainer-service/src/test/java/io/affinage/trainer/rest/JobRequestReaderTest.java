package io.affinage.trainer.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.adapter.Ia3Spec;
import io.affinage.events.objective.DpoSpec;
import io.affinage.events.objective.IpoSpec;
import io.affinage.events.spec.SpecResolver;
import io.affinage.service.rest.ApiException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobRequestReaderTest {
  private final ObjectMapper json = new ObjectMapper();

  @Test
  void shouldTakeWhatOpenAisClientSends() throws Exception {
    JobRequest request =
        read(
            """
            {"model": "owner/name", "training_file": "file-1", "seed": 5, "suffix": "desk",
             "metadata": {"team": "support"},
             "method": {"type": "supervised", "supervised": {"hyperparameters":
               {"n_epochs": 3, "batch_size": "auto", "learning_rate_multiplier": 0.5}}}}
            """);

    assertThat(request.spec().epochs()).isEqualTo(3.0);
    assertThat(request.spec().batchSize()).isEqualTo(8);
    assertThat(request.spec().learningRate()).isEqualTo(1e-4);
    assertThat(request.spec().seed()).isEqualTo(5);
    assertThat(request.suffix()).isEqualTo("desk");
    assertThat(request.metadata()).containsEntry("team", "support");
  }

  @Test
  void shouldTakeOpenAisPreferenceMethod() throws Exception {
    JobRequest request =
        read(
            """
            {"model": "owner/name", "training_file": "file-1",
             "method": {"type": "dpo", "dpo": {"hyperparameters":
               {"beta": 0.2, "n_epochs": 2, "learning_rate_multiplier": 2}}}}
            """);

    assertThat(request.spec().objective()).isEqualTo(new DpoSpec(0.2, 0.0));
    assertThat(request.spec().method()).isEqualTo("dpo");
    assertThat(request.spec().epochs()).isEqualTo(2.0);
    assertThat(request.spec().learningRate())
        .isCloseTo(
            2
                * SpecResolver.learningRate(
                    request.spec().adapter(), request.spec().objective(), false),
            within(1e-12));
    assertThat(
            refused(
                    """
                    {"model": "owner/name", "training_file": "file-1",
                     "method": {"type": "dpo", "dpo": {"hyperparameters": {"betta": 0.2}}}}
                    """)
                .detail()
                .param())
        .isEqualTo("method.dpo.hyperparameters.betta");
  }

  @Test
  void shouldTakeTypedChoices() throws Exception {
    JobRequest request =
        read(
            """
            {"model": "owner/name", "training_file": "file-1",
             "affinage": {"adapter": {"type": "ia3"}, "objective": {"type": "ipo"}}}
            """);

    assertThat(request.spec().adapter()).isEqualTo(new Ia3Spec(null, null));
    assertThat(request.spec().objective()).isEqualTo(new IpoSpec(0.1));
    assertThat(
            refused(
                    """
                    {"model": "owner/name", "training_file": "f", "affinage":
                     {"adapter": {"type": "dorra"}, "objective": {"beta": 1}}}
                    """)
                .getMessage())
        .contains("affinage.adapter.type is 'dorra', must be one of lora, dora")
        .contains("affinage.objective.type is missing, one of dpo, ipo");
  }

  /** A reward is deep in a request, and its settings are held to the same table. */
  @Test
  void shouldTellWhatIsWrongWithAReward() {
    assertThat(
            refused(
                    """
                    {"model": "owner/name", "training_file": "f", "affinage": {"objective": {
                      "type": "grpo", "reward": {"type": "ensemble", "rewards": [
                        {"reward": {"type": "exact_match"}, "wieght": 2},
                        {"reward": {"type": "numeric_answer", "tolerence": 1}}]}}}}
                    """)
                .getMessage())
        .contains("affinage.objective.reward.rewards[0].wieght is unknown; did you mean 'weight'?")
        .contains("affinage.objective.reward.rewards[1].reward.tolerence is unknown");
    assertThat(
            refused(
                    """
                    {"model": "owner/name", "training_file": "f", "affinage": {"objective": {
                      "type": "grpo", "reward": {"type": "ensemble", "rewards": [
                        {"reward": {"type": "length", "minCharacters": 9, "maxCharacters": 3}},
                        {"reward": {"type": "regex", "pattern": "x"}, "over": "batch"}]}}}}
                    """)
                .getMessage())
        .contains("objective.reward.rewards[0].reward.minCharacters is above the most")
        .contains("objective.reward.rewards[1].over is 'batch', must be one of group, request");
    assertThat(
            refused(
                    """
                    {"model": "owner/name", "training_file": "f", "method": {"type": "grpo", "grpo": {
                      "hyperparameters": {"reward": {"type": "exact_match", "ignoreCas": true}}}}}
                    """)
                .getMessage())
        .contains("method.grpo.hyperparameters.reward.ignoreCas is unknown");
  }

  @Test
  void shouldTakeTheOlderHyperparameters() throws Exception {
    JobRequest request =
        read(
            """
            {"model": "owner/name", "training_file": "file-1", "hyperparameters": {"n_epochs": 2}}
            """);

    assertThat(request.spec().epochs()).isEqualTo(2.0);
  }

  @Test
  void shouldTakeEverySettingOfOurs() throws Exception {
    JobRequest request =
        read(
            """
            {"model": "scratch", "training_file": "file-1",
             "affinage": {"method": "pretrain", "maxSteps": 30,
               "architecture": {"hiddenSize": 64, "heads": 2, "kvHeads": 1}}}
            """);

    assertThat(request.spec().maxSteps()).isEqualTo(30);
    assertThat(request.spec().architecture().hiddenSize()).isEqualTo(64);
    assertThat(request.spec().architecture().layers()).isEqualTo(6);
  }

  @Test
  void shouldNameEveryProblemAtOnce() {
    ApiException e =
        refused(
            """
            {"training_file": 7, "sed": 1, "suffix": "../x",
             "method": {"type": "reinforcement"}, "affinage": {"adaptor": {}, "batchSize": "many"}}
            """);

    assertThat(e.status()).isEqualTo(400);
    assertThat(e.detail().type()).isEqualTo("invalid_request_error");
    assertThat(e.getMessage())
        .contains("sed is unknown")
        .contains("model is missing")
        .contains("training_file must be a text")
        .contains("suffix must be")
        .contains("method.type is 'reinforcement', must be one of supervised, dpo, ipo")
        .contains("affinage.adaptor is unknown")
        .contains("affinage cannot be read");
  }

  @Test
  void shouldRefuseASettingThatIsGivenTwice() {
    ApiException e =
        refused(
            """
            {"model": "owner/name", "training_file": "f", "hyperparameters": {"n_epochs": 2},
             "affinage": {"epochs": 3}}
            """);

    assertThat(e.getMessage())
        .isEqualTo("hyperparameters.n_epochs is given beside affinage.epochs");
    assertThat(e.detail().param()).isEqualTo("hyperparameters.n_epochs");
  }

  @Test
  void shouldRefuseWhatTheWorkerWouldRefuse() {
    ApiException e =
        refused(
            """
            {"model": "owner/name", "training_file": "f", "affinage": {"schedule": "step"}}
            """);

    assertThat(e.getMessage()).contains("must be one of constant, linear, cosine");
    assertThat(e.detail().code()).isEqualTo("invalid_training_spec");
  }

  @Test
  void shouldRefuseABodyThatIsNoObject() {
    assertThat(refused("[]").getMessage()).isEqualTo("The body must be a JSON object.");
  }

  private JobRequest read(String body) throws Exception {
    return JobRequestReader.read(json.readTree(body), json, base -> Optional.empty());
  }

  private ApiException refused(String body) {
    return catchThrowableOfType(ApiException.class, () -> read(body));
  }
}
