package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Embeddings of virtual tokens in front of every row (Lester et al. 2021).
 *
 * @param numVirtualTokens how many
 * @param init where they begin: {@code vocabulary} (embeddings of tokens drawn by the seed), {@code
 *     text} (those of {@code initText}, repeated or cut) or {@code random}
 * @param initText for {@code text}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PromptTuningSpec(
    @Setting(value = "virtual tokens in front of every row", otherwise = "20", from = 1)
        @Nullable Integer numVirtualTokens,
    @Setting(
            value =
                "where they begin: `vocabulary` (tokens drawn by the seed), `text` (`init_text`) or"
                    + " `random`",
            otherwise = "\"vocabulary\"",
            words = {"vocabulary", "text", "random"})
        @Nullable String init,
    @Setting("text whose tokens they begin with") @Nullable String initText)
    implements AdapterSpec {
  private static final String TEXT = "text";

  @Override
  public double learningRate() {
    return 1e-3;
  }

  @Override
  public Map<String, String> conflicts() {
    if (TEXT.equals(init) && (initText == null || initText.isBlank())) {
      return Map.of("initText", "is missing for init 'text'");
    }
    return !TEXT.equals(init) && initText != null
        ? Map.of("initText", "goes with init 'text' only")
        : Map.of();
  }
}
