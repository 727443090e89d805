package io.affinage.reward.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.Keyword;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import com.networknt.schema.ValidationMessage;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A keyword of ours that every schema of a document gets before it is compiled. It asserts nothing:
 * each time a schema is applied to a value, it charges the item's budget, which is how a validator
 * that knows of no budget is stopped.
 */
final class CountedSchemas implements Keyword {
  private static final String NAME = "x-affinage-counted";
  private static final String BUDGET = "affinage.budget";

  /** What applying a schema to a value costs, some 20 microseconds: nothing is kept for later. */
  private static final long STEPS_A_SCHEMA = 2_000;

  /** What a name or value in a keyword costs, for each value that it is compared with. */
  private static final long STEPS_A_COMPARISON = 10;

  /** Marks every one of these schemas. */
  static void mark(List<JsonNode> schemas) {
    for (JsonNode schema : schemas) {
      ObjectNode marked = (ObjectNode) schema;
      long comparisons = comparisons(schema);
      // Keywords are looked at in their order, and what is not paid for must not be done.
      ObjectNode keywords = marked.objectNode().setAll(marked);
      marked.removeAll();
      marked.put(NAME, comparisons).setAll(keywords);
    }
  }

  private static long comparisons(JsonNode schema) {
    long comparisons = schema.size();
    for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
      comparisons += keyword.getValue().size();
    }
    return comparisons;
  }

  /** The dialect with this keyword. */
  static JsonMetaSchema dialect(JsonMetaSchema plain) {
    return JsonMetaSchema.builder(plain).keyword(new CountedSchemas()).build();
  }

  /** Names the budget that a validation is charged to. */
  static void charge(ExecutionContext context, Budget budget) {
    context.getCollectorContext().add(BUDGET, budget);
  }

  @Override
  public String getValue() {
    return NAME;
  }

  @Override
  public JsonValidator newValidator(
      SchemaLocation location,
      JsonNodePath path,
      JsonNode comparisons,
      JsonSchema schema,
      ValidationContext context) {
    boolean unique = schema.getSchemaNode().path("uniqueItems").asBoolean();
    return new Counter(location, path, comparisons.longValue(), unique);
  }

  private record Counter(
      SchemaLocation getSchemaLocation,
      JsonNodePath getEvaluationPath,
      long comparisons,
      boolean unique)
      implements JsonValidator {

    @Override
    public String getKeyword() {
      return NAME;
    }

    @Override
    public Set<ValidationMessage> validate(
        ExecutionContext context, JsonNode value, JsonNode root, JsonNodePath at) {
      Budget budget = (Budget) context.getCollectorContext().get(BUDGET);
      long size = value.isTextual() ? value.textValue().length() : value.size();
      budget.spend(STEPS_A_SCHEMA + STEPS_A_COMPARISON * comparisons + size);
      budget.spend(STEPS_A_COMPARISON * value.size() * comparisons);
      if (unique) {
        // Values with equal hashes are compared each with each.
        budget.spend((long) value.size() * value.size());
      }
      return Set.of();
    }
  }
}
