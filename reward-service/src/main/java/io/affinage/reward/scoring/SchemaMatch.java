package io.affinage.reward.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaException;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.resource.DisallowSchemaLoader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * 1 when the completion is one JSON value that satisfies the schema (draft 2020-12), else 0. A
 * {@code format} asserts nothing. References to other documents are refused: a schema from outside
 * must not make the service fetch anything. Patterns in the schema are of RE2 syntax, as in {@link
 * RegexMatch}. For one thread.
 */
public final class SchemaMatch implements Reward {
  private final JsonSchema schema;

  /** The patterns of the schema, which are asked for each time a reference is followed. */
  private final Map<String, LinearPattern> patterns = new HashMap<>();

  private Budget budget = Budget.ofItem();

  /**
   * @throws InvalidRewardException {@code invalid_schema} or {@code invalid_pattern}
   */
  public SchemaMatch(JsonNode schema) {
    if (schema == null || !(schema.isObject() || schema.isBoolean())) {
      throw new InvalidRewardException(
          "invalid_schema", "json_schema needs a schema: an object or a boolean", "reward.schema");
    }
    SchemaBounds.requireSmall(schema);
    JsonNode copy = schema.deepCopy();
    List<JsonNode> schemas = SchemaBounds.check(copy);
    try {
      checkAgainstMetaSchema(copy);
      CountedSchemas.mark(schemas);
      this.schema = compiled(copy);
    } catch (JsonSchemaException e) {
      throw invalid(e.getMessage());
    } catch (StackOverflowError e) {
      throw invalid("it refers to itself without end");
    }
  }

  @Override
  public Score scoreOne(Candidate candidate, Budget itemBudget) {
    JsonCompletion completion = JsonCompletion.of(candidate.completion(), itemBudget);
    if (completion instanceof JsonCompletion.NotJson text) {
      return Score.of(false, "not JSON: " + text.why());
    }
    if (completion instanceof JsonCompletion.OutOfRange range) {
      return new Score.Unscorable(
          "number_out_of_range", "the number " + range.number() + " is beyond what is compared");
    }
    return validated(((JsonCompletion.Value) completion).node(), itemBudget);
  }

  private Score validated(JsonNode value, Budget itemBudget) {
    budget = itemBudget;
    try {
      Set<ValidationMessage> violations =
          schema.validate(value, context -> CountedSchemas.charge(context, itemBudget));
      // The validator takes a pattern that threw for one that matched.
      itemBudget.spend(0);
      return violations.isEmpty()
          ? Score.of(true, "satisfies the schema")
          : Score.of(false, violations.iterator().next().getMessage());
    } catch (JsonSchemaException e) {
      // What no look at the schema told: a reference that only this value makes it follow.
      throw invalid(e.getMessage());
    }
  }

  private static void checkAgainstMetaSchema(JsonNode schema) {
    // The meta-schema is part of the library, so its own references resolve.
    Set<ValidationMessage> violations =
        JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(SchemaLocation.of(SchemaId.V202012))
            .validate(schema);
    if (!violations.isEmpty()) {
      throw invalid(violations.iterator().next().getMessage());
    }
  }

  /** References are not kept once followed: what a value makes grow is gone after it. */
  private JsonSchema compiled(JsonNode counted) {
    SchemaValidatorsConfig config =
        SchemaValidatorsConfig.builder()
            .cacheRefs(false)
            .failFast(true)
            // In older dialects, which a schema may name, it would be more than an annotation.
            .formatAssertionsEnabled(false)
            .regularExpressionFactory(this::pattern)
            .build();
    JsonSchema compiled =
        JsonSchemaFactory.getInstance(
                VersionFlag.V202012,
                builder -> {
                  builder.schemaLoaders(loaders -> loaders.add(DisallowSchemaLoader.getInstance()));
                  dialects().forEach(builder::metaSchema);
                })
            .getSchema(counted, config);
    compiled.initializeValidators();
    return compiled;
  }

  /** A schema may name its dialect. */
  private static List<JsonMetaSchema> dialects() {
    return List.of(
            JsonMetaSchema.getV4(),
            JsonMetaSchema.getV6(),
            JsonMetaSchema.getV7(),
            JsonMetaSchema.getV201909(),
            JsonMetaSchema.getV202012())
        .stream()
        .map(CountedSchemas::dialect)
        .toList();
  }

  private RegularExpression pattern(String text) {
    LinearPattern linear =
        patterns.computeIfAbsent(text, key -> LinearPattern.compile(key, "reward.schema"));
    return value -> linear.find(value, budget);
  }

  private static InvalidRewardException invalid(String why) {
    return new InvalidRewardException(
        "invalid_schema", "not a usable JSON Schema (draft 2020-12): " + why, "reward.schema");
  }
}
