package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class UnderstandingTest {
  private static final String PRODUCER = "/company/etl";
  private static final String SERVICE = "/affinage/dataset-service";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "'spec':{'maxStep':5}                  | spec.maxStep      | did you mean 'maxSteps'?",
        "'spec':{'rank':5}                     | spec.rank         | known are",
        "'spec':{'adapter':{'type':'ia3','rank':5}} | spec.adapter.rank | known are targetModules",
        "'spec':{'adapter':{'type':'dorra'}}   | spec.adapter.type | did you mean 'dora'?",
        "'spec':{'objective':{'type':'dpo','betta':1}} | spec.objective.betta | 'beta'",
        "'spec':{'optimizer':{'lr':1}}         | spec.optimizer.lr | known are type",
        "'spec':{},'maxSteps':5                | maxSteps          | known are",
        "'spec':{},'slip':{'runId':'r','stages':[{'stage':'train','baseModel':'b','spec':{'epoch':1}}]}"
            + " | slip.stages[0].spec.epoch | did you mean 'epochs'?",
      })
  void shouldRefuseWhatAProducerMisspells(String fields, String param, String hint) {
    Event<?> request = request(PRODUCER, fields);

    assertThat(Understanding.refusal(request))
        .hasValueSatisfying(
            error -> {
              assertThat(error.code()).isEqualTo("unknown_setting");
              assertThat(error.param()).isEqualTo(param);
              assertThat(error.message()).contains(param, hint);
            });
    assertThat(Understanding.newer(request)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "'spec':{'batchSize':'eight'}       | spec.batchSize | must be a whole number",
        "'spec':{'batchSize':8.5}           | spec.batchSize | not 8.5",
        "'spec':{'learningRate':'fast'}     | spec.learningRate | must be a number, not \"fast\"",
        "'spec':{'adapter':'lora'}          | spec.adapter   | must be an object",
        "'spec':{'adapter':{'type':'lora','rank':[8]}} | spec.adapter.rank | not [8]",
        "'spec':{'objective':{'type':'dpo','beta':'x'}} | spec.objective.beta | a number",
        "'spec':{},'metadata':5             | metadata       | must be an object, not 5",
        "'spec':{},'slip':{'runId':'r','stages':[{'stage':'train','baseModel':'b','spec':{'epochs':'x'}}]}"
            + " | slip.stages[0].spec.epochs | must be a number",
      })
  void shouldAnswerAWronglyTypedValueAsItDoesAMisspeltName(
      String fields, String param, String hint) {
    Event<?> request = request(PRODUCER, fields);

    assertThat(Understanding.refusal(request))
        .hasValueSatisfying(
            error -> {
              assertThat(error.code()).isEqualTo("invalid_value");
              assertThat(error.param()).isEqualTo(param);
              assertThat(error.message()).contains(param, hint);
            });
    // A newer version of a service may have changed a setting's type.
    Event<?> newer = request(SERVICE, fields);
    assertThat(Understanding.refusal(newer)).isEmpty();
    assertThat(Understanding.newer(newer)).isPresent();
  }

  @Test
  void shouldTakeOutNoMoreThanIsWrong() {
    Event<?> request = request(PRODUCER, "'spec':{'batchSize':'x','epochs':2,'maxStep':1}");

    TrainingRequested data = (TrainingRequested) request.data();
    assertThat(data.spec().epochs()).isEqualTo(2);
    assertThat(data.spec().batchSize()).isNull();
    assertThat(request.unknown())
        .extracting(ErrorDetail::code)
        .containsExactly("unknown_setting", "invalid_value");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "training.requested   | {'jobId':'j','spec':5} | baseModel, spec | baseModel is required;"
            + " spec must be an object, not 5",
        "training.requested   | {'jobId':'j','baseModel':[7],'spec':{},'dataset':8} | baseModel,"
            + " dataset | baseModel must be a text, not [7]",
        "dataset.submitted    | {'submissionId':'s','name':'n','source':{'kind':'ftp'}} |"
            + " source.kind | 'ftp', which is not known",
        "dataset.submitted    |"
            + " {'submissionId':'s','name':{},'source':{'kind':'stored','artifact':{'kind':'FILE','size':'x'}}}"
            + " | name, source.artifact.digest, source.artifact.size | source.artifact.digest is"
            + " required",
        "dataset.submitted    |"
            + " {'submissionId':'s','name':'n','source':{'kind':'reference','uri':null}} |"
            + " source.uri | required",
        "evaluation.requested |"
            + " {'evaluationId':'e','model':{'modelId':'m'},'dataset':'d','spec':[]} | model.jobId,"
            + " dataset, spec | dataset must be an object",
        "reward.requested     |"
            + " {'requestId':'r','reward':{'type':'regex','pattern':[1]},'items':[{'itemId':'i','prompt':'p'}]}"
            + " | reward.pattern, items[0].completion | items[0].completion is required",
        "reward.requested     | {'requestId':'r','reward':{'type':'regx'},'items':{}} |"
            + " reward.type, items | did you mean 'regex'?",
        "reward.requested     | {'requestId':'r','reward':'length','items':[5]} | reward, items[0]"
            + " | reward must be an object",
      })
  void shouldAnswerARequestWithoutWhatItRequires(
      String type, String json, String params, String message) {
    Event<?> request = decode(PRODUCER, type, json.replace('\'', '"'));

    assertThat(request.data().key()).hasSize(1);
    assertThat(request.unknown())
        .extracting(ErrorDetail::param)
        .containsExactly(params.split(", "));
    assertThat(Understanding.refusal(request))
        .hasValueSatisfying(error -> assertThat(error.message()).contains(message));
    RequestRules.require(request);
    // A service's own fault is nothing that a producer could mend.
    assertThatThrownBy(() -> decode(SERVICE, type, json.replace('\'', '"')))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("invalid_event_data");
  }

  /** Every field of every request, left out and of a type that none has. */
  @ParameterizedTest
  @MethodSource("requests")
  void shouldAnswerWhateverIsWrongUnlessItIsTheId(EventData data) throws Exception {
    String type = EventType.of(data).typeName().replaceAll("io.affinage.(.*).v1", "$1");
    List<RecordComponent> fields = List.of(data.getClass().getRecordComponents());
    for (RecordComponent field : fields) {
      ObjectNode without = EventJson.mapper().valueToTree(data);
      without.remove(field.getName());
      ObjectNode wrong = without.deepCopy();
      wrong.putArray(field.getName()).addArray().addArray();

      if (field == fields.get(0)) {
        for (ObjectNode nobodys : List.of(without, wrong)) {
          assertThatThrownBy(() -> decode(PRODUCER, type, nobodys.toString()))
              .isInstanceOf(EventException.class);
        }
        continue;
      }
      assertThat(decode(PRODUCER, type, without.toString()).unknown())
          .as("without %s", field)
          .hasSize(NullnessIntrospector.isRequired(field) ? 1 : 0);
      Event<?> answered = decode(PRODUCER, type, wrong.toString());
      assertThat(answered.unknown()).as("wrong %s", field).isNotEmpty();
      assertThat(answered.data().key()).isEqualTo(data.key());
      RequestRules.require(answered);
    }
  }

  static Stream<EventData> requests() {
    return ExampleEvents.all().filter(data -> UnknownFields.isRequest(EventType.of(data)));
  }

  /** A trainer of a newer version has recorded how the job is carried out. */
  @Test
  void shouldNoticeANewerSettingInARecordedSpecification() {
    RecordHeaders headers = new RecordHeaders();
    EventFactory factory =
        new EventFactory("/affinage/trainer-service", java.time.Clock.systemUTC());
    EventCodec.encode(factory.create(new TrainingClaimed("job-1", 1, "w", 30_000)), headers);
    String claim =
        "{'jobId':'job-1','attempt':1,'workerId':'w','leaseMillis':5,'spec':{'later':1,'seed':'x'}}";

    Event<?> event =
        EventCodec.decode(headers, claim.replace('\'', '"').getBytes(StandardCharsets.UTF_8));

    assertThat(Understanding.newer(event))
        .hasValueSatisfying(
            error -> assertThat(error.message()).contains("spec.later", "spec.seed"));
  }

  @Test
  void shouldTellEveryUnknownField() {
    assertThat(request(PRODUCER, "'spec':{'maxStep':5,'epoch':1},'dateset':1").unknown())
        .extracting(ErrorDetail::param)
        .containsExactly("dateset", "spec.maxStep", "spec.epoch");
  }

  /** Versions can be mixed: a service does not misspell. */
  @Test
  void shouldLeaveANewerServicesSettingsToOthers() {
    Event<?> newer = request(SERVICE, "'spec':{'adapter':{'type':'vera','seed':1},'later':2}");

    assertThat(Understanding.refusal(newer)).isEmpty();
    assertThat(Understanding.newer(newer))
        .hasValueSatisfying(
            error -> {
              assertThat(error.code()).isEqualTo("newer_setting");
              assertThat(error.message()).contains("spec.later", "spec.adapter.type", SERVICE);
            });
    Event<?> beside = request(SERVICE, "'spec':{},'priority':1");
    assertThat(beside.unknown()).isNotEmpty();
    assertThat(Understanding.problem(beside)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void shouldKnowEveryFieldThatItWrites(EventData data) {
    RecordHeaders headers = new RecordHeaders();
    EventFactory factory = new EventFactory(PRODUCER, java.time.Clock.systemUTC());
    byte[] value = EventCodec.encode(factory.create(data), headers);
    assertThat(EventCodec.decode(headers, value).unknown()).isEmpty();
  }

  static Stream<EventData> examples() {
    return ExampleEvents.all();
  }

  /** What a trainer has written, of whatever version, is handed on by those who evaluate it. */
  @Test
  void shouldTakeAModelAsItWasRegistered() throws Exception {
    EventData evaluation =
        ExampleEvents.all().filter(EvaluationRequested.class::isInstance).findFirst().orElseThrow();
    ObjectNode json = EventJson.mapper().valueToTree(evaluation);
    json.withObject("/model").put("later", 1).withObject("/lineage/spec").put("later", 1);
    assertThat(decode(PRODUCER, "evaluation.requested", json.toString()).unknown()).isEmpty();
    json.withObject("/spec").put("maxItem", 1);
    assertThat(decode(PRODUCER, "evaluation.requested", json.toString()).unknown())
        .extracting(ErrorDetail::param)
        .isEqualTo(List.of("spec.maxItem"));
  }

  private static Event<?> request(String source, String fields) {
    return decode(
        source,
        "training.requested",
        "{\"jobId\":\"j\",\"baseModel\":\"b\",\"datasetSubmissionId\":\"s\",%s}"
            .formatted(fields.replace('\'', '"')));
  }

  private static Event<?> decode(String source, String type, String json) {
    RecordHeaders headers = new RecordHeaders();
    Map.of("specversion", "1.0", "id", "1", "source", source, "type", "io.affinage." + type + ".v1")
        .forEach(
            (name, value) -> headers.add("ce_" + name, value.getBytes(StandardCharsets.UTF_8)));
    return EventCodec.decode(headers, json.getBytes(StandardCharsets.UTF_8));
  }
}
