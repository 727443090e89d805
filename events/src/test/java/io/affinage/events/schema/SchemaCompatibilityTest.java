package io.affinage.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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

  /** An object that became a choice among objects must still hold what it held. */
  @Test
  void shouldFindASettingThatNoCaseOfAChoiceHas() {
    ObjectNode before = JsonNodeFactory.instance.objectNode();
    ObjectNode was = before.withObject("/properties/adapter").put("type", "object");
    was.withObject("/properties/type").put("type", "string");
    was.withObject("/properties/rank").put("type", "integer");
    was.withArray("required").add("type");
    ObjectNode after = JsonNodeFactory.instance.objectNode();
    for (String type : List.of("lora", "none")) {
      ObjectNode option = after.withObject("/properties/adapter").withArray("anyOf").addObject();
      option.put("type", "object").withArray("required").add("type");
      option.withObject("/properties/type").put("const", type);
      if (type.equals("lora")) {
        option.withObject("/properties/rank").put("type", "integer");
      }
    }
    assertThat(SchemaCompatibility.breaks(before, after)).isEmpty();
    before.withObject("/properties/adapter/properties/alpha").put("type", "number");
    assertThat(SchemaCompatibility.breaks(before, after))
        .containsExactly(".adapter.alpha: is gone");
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
