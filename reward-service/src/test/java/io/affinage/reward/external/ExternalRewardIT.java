package io.affinage.reward.external;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.events.ErrorDetail;
import io.affinage.events.EventJson;
import io.affinage.events.RewardExternalScored;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.reward.KafkaResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaResource.class)
class ExternalRewardIT {
  private static final long LONG = 60_000;

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  private Questions asker;

  @BeforeEach
  void connect() throws Exception {
    await()
        .atMost(Questions.SOON)
        .untilAsserted(() -> RestAssured.get("/q/health/ready").then().statusCode(200));
    asker = new Questions(bootstrapServers);
  }

  @AfterEach
  void disconnect() {
    asker.close();
  }

  @Test
  void shouldWaitForTheScoresOfAProgram() {
    String request = asker.request(asker.spec(LONG, 0, null), "a", "b", "c");
    assertThat(asker.questions(request, 1).get(0).items())
        .extracting(item -> item.completion())
        .containsExactly("a", "b", "c");
    asker.answer(asker.externalId(request), 0.0, -2.5, null);
    RewardScored scored = asker.scored(request);
    assertThat(scored.error()).isNull();
    assertThat(scored.scores())
        .extracting(RewardScored.Score::value)
        .containsExactly(0.0, -2.5, null);
    assertThat(scored.scores().get(2).code()).isEqualTo("external_failed");
  }

  /** Also the second asker gets the first recorded scores, and nobody is asked for them again. */
  @Test
  void shouldCountTheFirstScoresThatAreRecorded() {
    String request = asker.request(asker.spec(LONG, 0, null), "a");
    String question = asker.externalId(request);
    asker.answer(question, 1.0);
    asker.answer(question, 2.0);
    assertThat(asker.scored(request).scores().get(0).value()).isEqualTo(1.0);
    asker.request(request, asker.spec(LONG, 0, null), "a");
    assertThat(asker.scored(request, 2))
        .allSatisfy(scored -> assertThat(scored.scores().get(0).value()).isEqualTo(1.0));
    assertThat(asker.questions(request, 1)).hasSize(1);
  }

  @Test
  void shouldAskAgainAndThenFailTheItems() {
    String request = asker.request(asker.spec(300, 2, null), "a", "b");
    RewardScored scored = asker.scored(request);
    assertThat(scored.error()).isNull();
    assertThat(scored.scores())
        .allSatisfy(
            score -> {
              assertThat(score.value()).isNull();
              assertThat(score.code()).isEqualTo("external_timeout");
              assertThat(score.detail()).contains(asker.topic);
            });
    assertThat(asker.questions(request, 3)).hasSize(3);
    assertThat(asker.questions(request, 3))
        .extracting(question -> question.externalId())
        .containsOnly(asker.externalId(request));
  }

  @Test
  void shouldTakeTheFallbackForWhatIsAbsent() {
    String request = asker.request(asker.spec(300, 0, 0.25), "a");
    assertThat(asker.scored(request).scores().get(0).value()).isEqualTo(0.25);
    String partly = asker.request(asker.spec(LONG, 0, 0.25), "a", "b");
    asker.answer(asker.externalId(partly), 1.0);
    assertThat(asker.scored(partly).scores())
        .extracting(RewardScored.Score::value)
        .containsExactly(1.0, 0.25);
  }

  @Test
  void shouldFailWhatTheProgramFails() {
    String request = asker.request(asker.spec(LONG, 0, null), "a");
    asker.answer(
        new RewardExternalScored(
            asker.externalId(request),
            List.of(),
            new ErrorDetail("no_model", "the judge is away", null)));
    RewardScored.Score score = asker.scored(request).scores().get(0);
    assertThat(score.code()).isEqualTo("external_failed");
    assertThat(score.detail()).isEqualTo("the judge is away");
  }

  @Test
  void shouldPutAnswersAsideThatAreNoneAndGoOnWaiting() {
    String request = asker.request(asker.spec(LONG, 0, null), "a");
    String question = asker.externalId(request);
    asker.answerWith(
        question,
        "{\"externalId\": \"%s\", \"scores\": [{\"itemId\": \"i0\", \"value\": NaN}]}"
            .formatted(question));
    assertThat(asker.deadLetterReason(question)).contains("NaN");
    asker.answer(question, 0.5);
    assertThat(asker.scored(request).scores().get(0).value()).isEqualTo(0.5);
  }

  @Test
  void shouldAddItToOtherRewards() {
    RewardSpec spec =
        new RewardSpec.Ensemble(
            List.of(
                new RewardSpec.Member(
                    "tone", asker.spec(LONG, 0, null), 10.0, null, null, null, null),
                new RewardSpec.Member(
                    null, new RewardSpec.ExactMatch(false, false), null, null, null, null, null)),
            null);
    String request = asker.request(spec, "yes", "no");
    asker.answer(asker.externalId(request), 0.5, 1.0);
    RewardScored scored = asker.scored(request);
    assertThat(scored.scores()).extracting(RewardScored.Score::value).containsExactly(6.0, 10.0);
    assertThat(scored.scores().get(0).shares())
        .containsExactly(
            new RewardScored.Share("tone", 0.5, 5.0, null),
            new RewardScored.Share("exact_match", 1.0, 1.0, null));
  }

  /** More wait than there are threads. */
  @Test
  void shouldGoOnWhileManyWait() {
    List<String> waiting = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      waiting.add(asker.request(asker.spec(LONG, 0, null), "a" + i));
    }
    asker.externalId(waiting.get(39));
    String other = asker.request(new RewardSpec.Length(1, 10), "b");
    assertThat(asker.scored(other).scores().get(0).value()).isEqualTo(1.0);
    for (String request : waiting) {
      asker.answer(asker.externalId(request), 3.0);
    }
    for (String request : waiting) {
      assertThat(asker.scored(request).scores().get(0).value()).isEqualTo(3.0);
    }
  }

  /** A request must not write to any topic that it names. */
  @Test
  void shouldRefuseOtherTopicsAndThoseThatAreNotThere() {
    for (String topic : List.of("training.requested", "reward.external.scored", "")) {
      String request = asker.request(new RewardSpec.External(topic, null, null, null, null), "a");
      assertThat(asker.scored(request).error().code()).isEqualTo("invalid_external");
    }
    String request =
        asker.request(
            new RewardSpec.External("reward.external.requested.none", null, null, null, null), "a");
    assertThat(asker.scored(request).error().code()).isEqualTo("unknown_topic");
  }

  @Test
  void shouldAnswerByHttp() throws Exception {
    RewardRequested request =
        new RewardRequested("http-1", asker.spec(LONG, 0, null), Questions.items("a", "b"), null);
    String body = EventJson.mapper().writeValueAsString(request);
    CompletableFuture<Response> response =
        CompletableFuture.supplyAsync(
            () -> given().contentType(ContentType.JSON).body(body).post("/v1/rewards"));
    asker.answer(asker.externalId("http-1"), 1.0, 2.0);
    assertThat(response.get().statusCode()).isEqualTo(200);
    assertThat(response.get().jsonPath().getList("scores.value", Double.class))
        .containsExactly(1.0, 2.0);
  }
}
