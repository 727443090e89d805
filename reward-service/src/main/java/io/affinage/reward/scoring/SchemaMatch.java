package io.affinage.reward.scoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaException;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.resource.DisallowSchemaLoader;
import java.util.Set;

/**
 * 1 when the completion is one JSON value that satisfies the schema (draft 2020-12), else 0.
 * References to other documents are refused: a schema from outside must not make the service fetch
 * anything. Patterns in the schema are of RE2 syntax, as in {@link RegexMatch}.
 */
public final class SchemaMatch implements Reward {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final JsonSchema schema;

  /**
   * @throws InvalidRewardException {@code invalid_schema}
   */
  public SchemaMatch(JsonNode schema) {
    if (schema == null || !(schema.isObject() || schema.isBoolean())) {
      throw new InvalidRewardException(
          "invalid_schema", "json_schema needs a schema: an object or a boolean", "reward.schema");
    }
    checkAgainstMetaSchema(schema);
    this.schema = compiled(schema);
  }

  @Override
  public Score scoreOne(Candidate candidate) {
    JsonNode value;
    try {
      value = JSON.readTree(candidate.completion());
    } catch (JsonProcessingException e) {
      return Score.of(false, "not JSON: " + e.getOriginalMessage());
    }
    if (value == null || value.isMissingNode()) {
      return Score.of(false, "not JSON: empty");
    }
    try {
      Set<ValidationMessage> violations = schema.validate(value);
      return violations.isEmpty()
          ? Score.of(true, "satisfies the schema")
          : Score.of(false, violations.iterator().next().getMessage());
    } catch (LinearPattern.TooCostlyException e) {
      return new Score.Unscorable(e.getMessage());
    } catch (StackOverflowError e) {
      return new Score.Unscorable(
          "the schema refers to itself without end, or the value is too deep");
    }
  }

  private static void checkAgainstMetaSchema(JsonNode schema) {
    // The meta-schema is part of the library, so its own references resolve.
    Set<ValidationMessage> violations =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(
                com.networknt.schema.SchemaLocation.of(com.networknt.schema.SchemaId.V202012))
            .validate(schema);
    if (!violations.isEmpty()) {
      throw invalid(violations.iterator().next().getMessage());
    }
  }

  private static JsonSchema compiled(JsonNode schema) {
    SchemaValidatorsConfig config =
        SchemaValidatorsConfig.builder()
            .regularExpressionFactory(
                pattern -> {
                  LinearPattern linear = LinearPattern.compile(pattern, "reward.schema");
                  return linear::find;
                })
            .build();
    try {
      JsonSchema compiled =
          JsonSchemaFactory.getInstance(
                  SpecVersion.VersionFlag.V202012,
                  builder ->
                      builder.schemaLoaders(
                          loaders -> loaders.add(DisallowSchemaLoader.getInstance())))
              .getSchema(schema, config);
      compiled.initializeValidators();
      return compiled;
    } catch (InvalidRewardException e) {
      throw e;
    } catch (JsonSchemaException e) {
      throw invalid(e.getMessage());
    } catch (StackOverflowError e) {
      throw invalid("it refers to itself without end");
    }
  }

  private static InvalidRewardException invalid(String why) {
    return new InvalidRewardException(
        "invalid_schema", "not a usable JSON Schema (draft 2020-12): " + why, "reward.schema");
  }
}
