package io.affinage.events.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import com.github.victools.jsonschema.module.jackson.JacksonModule;
import io.affinage.events.EventJson;
import io.affinage.events.EventType;
import io.affinage.events.NullnessIntrospector;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The JSON Schemas (2020-12) of the event records: open content, as readers are tolerant. */
final class EventSchemas {
  /** Making one reads the sources and takes long. */
  private static final Map<EventType, ObjectNode> MADE = new EnumMap<>(EventType.class);

  private EventSchemas() {}

  static String fileName(EventType type) {
    return type.typeName() + ".json";
  }

  /** The caller's own. */
  static ObjectNode schema(EventType type) {
    return MADE.computeIfAbsent(type, EventSchemas::made).deepCopy();
  }

  private static ObjectNode made(EventType type) {
    ObjectNode generated = generator().generateSchema(type.dataClass());
    ObjectNode schema = generated.objectNode();
    schema.set("$schema", generated.get("$schema"));
    schema.put("$id", "urn:affinage:event:" + type.typeName());
    schema.put("title", type.typeName());
    schema.setAll(generated);
    return schema;
  }

  static SchemaGenerator generator() {
    SchemaGeneratorConfigBuilder builder =
        new SchemaGeneratorConfigBuilder(
                EventJson.mapper(), SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
            .with(Option.DEFINITIONS_FOR_ALL_OBJECTS, Option.MAP_VALUES_AS_ADDITIONAL_PROPERTIES)
            .with(new JacksonModule());
    builder
        .forFields()
        .withRequiredCheck(
            field -> component(field).filter(NullnessIntrospector::isRequired).isPresent())
        .withNullableCheck(
            field -> component(field).filter(c -> !NullnessIntrospector.isRequired(c)).isPresent())
        .withDescriptionResolver(field -> component(field).flatMap(Javadoc::of).orElse(null));
    builder
        .forTypesInGeneral()
        .withDescriptionResolver(scope -> Javadoc.of(scope.getType().getErasedType()).orElse(null))
        .withCustomDefinitionProvider(
            (type, context) ->
                JsonNode.class.isAssignableFrom(type.getErasedType())
                    ? new CustomDefinition(
                        context.getGeneratorConfig().createObjectNode(),
                        CustomDefinition.DefinitionType.INLINE,
                        CustomDefinition.AttributeInclusion.YES)
                    : null);
    return new SchemaGenerator(builder.build());
  }

  private static Optional<RecordComponent> component(FieldScope field) {
    Class<?> owner = field.getRawMember().getDeclaringClass();
    // Items of a list are scopes of the list's field, too: nobody's items are null.
    return owner.isRecord() && !field.isFakeContainerItemScope()
        ? Arrays.stream(owner.getRecordComponents())
            .filter(component -> component.getName().equals(field.getRawMember().getName()))
            .findFirst()
        : Optional.empty();
  }
}
