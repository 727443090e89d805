package io.affinage.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.EventType;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SchemaCompatibilityTest {

  @Test
  void shouldAllowNewOptionalFieldsAndNewCases() {
    assertThat(after(EventType.TRAINING_REQUESTED, schema -> {})).isEmpty();
    assertThat(
            after(
                EventType.TRAINING_REQUESTED,
                schema -> {
                  properties(schema).putObject("later").putArray("type").add("string").add("null");
                }))
        .isEmpty();
    assertThat(
            after(
                EventType.TRAINING_CONTROL_REQUESTED,
                schema -> schema.withObject("/$defs/Action").withArray("enum").add("LATER")))
        .isEmpty();
  }

  @Test
  void shouldFindAFieldThatIsGone() {
    assertThat(
            after(EventType.TRAINING_CLAIMED, schema -> properties(schema).remove("leaseMillis")))
        .contains(".leaseMillis: is gone");
  }

  @Test
  void shouldFindAFieldOfAnotherType() {
    assertThat(
            after(
                EventType.TRAINING_CLAIMED,
                schema -> properties(schema).withObject("leaseMillis").put("type", "string")))
        .containsExactly(".leaseMillis: type [integer] became [string]");
  }

  @Test
  void shouldFindAFieldThatBecameRequiredAlsoANewOne() {
    assertThat(
            after(
                EventType.TRAINING_CLAIMED,
                schema -> {
                  properties(schema).putObject("later").put("type", "string");
                  schema.withArray("required").add("later");
                }))
        .containsExactly(".later: became required");
    assertThat(after(EventType.DATASET_READY, schema -> schema.withArray("required").add("slip")))
        .containsExactly(".slip: became required");
  }

  @Test
  void shouldFindAFieldThatOldReadersInsistOn() {
    assertThat(after(EventType.TRAINING_CLAIMED, schema -> schema.withArray("required").remove(0)))
        .singleElement()
        .asString()
        .endsWith(": became optional");
  }

  @Test
  void shouldFindALostValueAndALostCaseDeepInside() {
    assertThat(
            after(
                EventType.TRAINING_CONTROL_REQUESTED,
                schema -> schema.withObject("/$defs/Action").withArray("enum").remove(0)))
        .containsExactly(".action: values [CANCEL] are gone");
    assertThat(
            after(
                EventType.DATASET_SUBMITTED,
                schema -> schema.withObject("/properties/source").withArray("anyOf").remove(0)))
        .singleElement()
        .asString()
        .startsWith(".source: case kind=");
  }

  private static List<String> after(EventType type, Consumer<ObjectNode> change) {
    ObjectNode changed = EventSchemas.schema(type);
    change.accept(changed);
    return SchemaCompatibility.breaks(EventSchemas.schema(type), changed);
  }

  private static ObjectNode properties(ObjectNode schema) {
    return schema.withObject("properties");
  }
}
