package io.affinage.reward.rest;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.affinage.reward.KafkaResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaResource.class)
class RewardResourceIT {

  @Test
  void shouldScoreWithARewardModel() {
    String items =
        "\"items\":[{\"itemId\":\"a\",\"prompt\":\"who?\",\"completion\":\"the cat\",\"reference\":\"the cat\"},"
            + "{\"itemId\":\"b\",\"prompt\":\"who?\",\"completion\":\"a dog\",\"reference\":\"the cat\"}]}";
    String judge = "{\"type\":\"model\",\"model\":\"%s\"}".formatted(KafkaResource.MODEL);
    float alone =
        post("{\"requestId\":\"m1\",\"reward\":" + judge + "," + items)
            .statusCode(200)
            .body("scores.value", everyItem(notNullValue()))
            .extract()
            .path("scores[0].value");
    post("{\"requestId\":\"m2\",\"reward\":{\"type\":\"ensemble\",\"rewards\":[{\"name\":\"judge\",\"reward\":"
            + judge
            + ",\"weight\":0.5},{\"reward\":{\"type\":\"exact_match\"}}]},"
            + items)
        .statusCode(200)
        .body("scores[0].shares.name", contains("judge", "exact_match"))
        .body("scores[0].shares[0].value", equalTo(alone))
        .body("scores[0].shares[1].share", equalTo(1.0f))
        .body("scores[1].shares[1].share", equalTo(0.0f));
    post("{\"requestId\":\"m3\",\"reward\":" + judge.replace("judge", "nobody") + "," + items)
        .statusCode(400)
        .body("error.code", equalTo("unknown_model"));
  }

  @Test
  void shouldScore() {
    post("""
            {"requestId":"r1","reward":{"type":"numeric_answer","tolerance":0},"items":[
             {"itemId":"a","prompt":"p","completion":"so 1,000 in all","reference":"#### 1000"},
             {"itemId":"b","prompt":"p","completion":"7","reference":"8"},
             {"itemId":"c","prompt":"p","completion":"7","reference":null}]}
            """)
        .statusCode(200)
        .body("requestId", equalTo("r1"))
        .body("scores[0].value", equalTo(1.0f))
        .body("scores[1].value", equalTo(0.0f))
        .body("scores[2].value", nullValue())
        .body("scores[2].detail", containsString("reference"));
    given()
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("affinage_reward_scored_total{reward=\"numeric_answer\""))
        .body(containsString("affinage_reward_scored_total{reward=\"length\""))
        .body(containsString("affinage_reward_requests_total{outcome=\"failed\""))
        .body(containsString("affinage_reward_batch_seconds_count"))
        .body(containsString("affinage_events_deadletter_total{topic=\"reward.requested\""))
        .body(containsString("affinage_events_duplicates_total{topic=\"reward.requested\""));
  }

  @Test
  void shouldRefuseWithACode() {
    post("""
            {"requestId":"r2","reward":{"type":"regex","pattern":"("},
             "items":[{"itemId":"a","prompt":"p","completion":"c"}]}
            """)
        .statusCode(400)
        .body("error.code", equalTo("invalid_pattern"))
        .body("error.param", equalTo("reward.pattern"))
        .body("error.type", equalTo("invalid_request_error"));
    post("{\"reward\":").statusCode(400).body("error.code", equalTo("invalid_json"));
    post("{\"requestId\":\"r\",\"reward\":{\"type\":\"length\",\"minCharacters\":1,\"maxCharacters\":2},\"items\":7}")
        .statusCode(400)
        .body("error.code", equalTo("invalid_field"))
        .body("error.param", equalTo("items"));
    post("{\"requestId\":\"r\",\"reward\":{\"type\":\"vibes\"},\"items\":[]}")
        .statusCode(400)
        .body("error.code", equalTo("invalid_field"))
        .body("error.message", containsString("vibes"));
    post("{\"requestId\":\"a\\ud800\",\"reward\":{\"type\":\"length\",\"minCharacters\":1,\"maxCharacters\":2},\"items\":[]}")
        .statusCode(400)
        .body("error.param", equalTo("requestId"));
    post("{\"requestId\":\"r3\",\"reward\":{\"type\":\"regex\",\"pattern\":\"(x{0,1000}){18}y?$\"},"
            + "\"items\":[{\"itemId\":\"a\",\"prompt\":\"p\",\"completion\":\""
            + "x".repeat(300_000)
            + "\"},{\"itemId\":\"b\",\"prompt\":\"p\",\"completion\":\"x\"}]}")
        .statusCode(200)
        .body("scores[0].code", equalTo("budget_exhausted"))
        .body("scores[1].value", equalTo(1.0f));
    post("").statusCode(400).body("error.code", equalTo("missing_body"));
    given()
        .get("/v1/rewards")
        .then()
        .statusCode(405)
        .body("error.code", equalTo("method_not_allowed"));
  }

  @Test
  void shouldScoreByEnsemblesUnderTheNameOfWhatItDoes() {
    given()
        .contentType(ContentType.JSON)
        .body(
            """
            {"requestId":"r4","reward":{"type":"ensemble","rewards":[
              {"reward":{"type":"ifeval","instructions":[{"id":"punctuation:no_comma"}]},"weight":2},
              {"name":"form","reward":{"type":"format","template":"<a>…</a>"}}]},
             "items":[{"itemId":"a","prompt":"p","completion":"<a>b</a>"},
              {"itemId":"b","prompt":"p","completion":"<a>b, c</a>"}]}
            """)
        .post("/v1/rewards/score")
        .then()
        .statusCode(200)
        .body("scores[0].value", equalTo(3.0f))
        .body("scores[1].value", equalTo(1.0f))
        .body("scores[1].shares[0].name", equalTo("ifeval"))
        .body("scores[1].shares[1].share", equalTo(1.0f));
  }

  @Test
  void shouldServeItsContract() {
    given()
        .accept(ContentType.JSON)
        .get("/q/openapi?format=json")
        .then()
        .statusCode(200)
        .body("paths.'/v1/rewards'.post.summary", equalTo("Score completions"));
  }

  private static io.restassured.response.ValidatableResponse post(String body) {
    return given().contentType(ContentType.JSON).body(body).post("/v1/rewards").then();
  }
}
