package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContentIdsTest {

  @Test
  void shouldNotDependOnTheOrderOfKeysAtAnyDepth() {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("b", Map.of("x", 1));
    one.put("a", List.of(1, 2));
    Map<String, Object> other = new LinkedHashMap<>();
    other.put("a", List.of(1, 2));
    other.put("b", Map.of("x", 1));
    assertThat(ContentIds.canonicalJson(one)).isEqualTo("{\"a\":[1,2],\"b\":{\"x\":1}}");
    assertThat(ContentIds.of(one)).isEqualTo(ContentIds.of(other)).matches("[0-9a-f]{20}");
  }

  @Test
  void shouldTellPartsAndTheirOrderApart() {
    assertThat(
            List.of(
                ContentIds.of("a", "b"),
                ContentIds.of("b", "a"),
                ContentIds.of("ab"),
                ContentIds.of("a", null, "b"),
                ContentIds.of("a", "b", null)))
        .doesNotHaveDuplicates();
  }

  @Test
  void shouldStayTheSameForever() {
    // SHA-256 of ["a",1], by any other tool.
    assertThat(ContentIds.of("a", 1)).isEqualTo("135f17a475a61afdeeaf");
  }

  @Test
  void shouldNameAJobByWhatIsAsked() {
    String job = job(ExampleEvents.SPEC, null);
    assertThat(job).startsWith("ftjob-").isEqualTo(job(ExampleEvents.SPEC, "ignored"));
    assertThat(job).isNotEqualTo(job(ExampleEvents.SPARSE_SPEC, null));
  }

  private static String job(TrainingSpec spec, String submissionId) {
    return ContentIds.jobId(
        "scratch", ExampleEvents.FOLDER, submissionId, spec, "demo", ExampleEvents.SLIP);
  }
}
