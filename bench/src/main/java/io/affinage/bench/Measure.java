package io.affinage.bench;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * One line of a benchmark's output.
 *
 * @param measure its name, such as {@code sft.tokens_per_second}
 * @param ours null where it could not be measured; the note says why
 * @param peer likewise
 * @param better which direction of the numbers is good
 * @param goal the ratio to reach
 * @param note what the numbers alone do not tell; null for nothing
 */
@JsonPropertyOrder({"measure", "ours", "peer", "ratio", "goal", "unit", "note"})
public record Measure(
    String measure,
    Double ours,
    Double peer,
    double goal,
    String unit,
    @JsonIgnore Better better,
    @JsonInclude(JsonInclude.Include.NON_NULL) String note) {
  private static final JsonMapper JSON = new JsonMapper();

  /** Which direction of a number is good. */
  public enum Better {
    HIGHER,
    LOWER
  }

  public Measure {
    ours = rounded(ours);
    peer = rounded(peer);
  }

  /** Above 1 when ours is better, whatever is measured; null where a side is missing. */
  public Double getRatio() {
    if (ours == null || peer == null || ours <= 0 || peer <= 0) {
      return null;
    }
    return rounded(better == Better.HIGHER ? ours / peer : peer / ours);
  }

  /** The line, as JSON. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Double rounded(Double value) {
    return value == null || !Double.isFinite(value)
        ? null
        : new BigDecimal(value).round(new MathContext(4)).doubleValue();
  }
}
