package io.affinage.llm.data;

import java.util.List;

/**
 * Examples as token rows, in the order of the data set.
 *
 * @param examples what is trained on
 * @param report what became of the data set
 */
public record EncodedExamples(List<TokenizedExample> examples, EncodingReport report) {
  public EncodedExamples {
    examples = List.copyOf(examples);
  }
}
