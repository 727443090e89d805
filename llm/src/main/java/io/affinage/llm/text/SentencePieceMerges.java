package io.affinage.llm.text;

import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * SentencePiece joins the two neighbours whose joint piece has the best score; BPE joins by a list
 * of merges. This is the list that does the same: every way to halve a piece into pieces, the best
 * piece first.
 */
final class SentencePieceMerges {
  private static final int NORMAL = 1;

  /**
   * Two pieces that become one.
   *
   * @param score of that one
   */
  record Merge(String left, String right, float score) {
    String joined() {
      return left + right;
    }
  }

  private SentencePieceMerges() {}

  /**
   * @param types by id as GGUF has them, or empty where all are normal
   * @throws LlmException {@code unsupported_tokenizer} where the scores give no order
   */
  static List<Merge> of(List<String> tokens, List<Integer> types, List<Float> scores) {
    if (scores.size() != tokens.size()) {
      throw new LlmException(
          "tokenizer_invalid",
          "the tokenizer has %d scores for %d tokens".formatted(scores.size(), tokens.size()));
    }
    Map<String, Float> pieces = new HashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      if (types.isEmpty() || types.get(id) == NORMAL) {
        pieces.put(tokens.get(id), scores.get(id));
      }
    }
    List<Merge> merges = new ArrayList<>();
    for (String piece : tokens) {
      Float score = pieces.get(piece);
      for (int cut = 1; score != null && cut < piece.length(); cut++) {
        String left = piece.substring(0, cut);
        String right = piece.substring(cut);
        if (pieces.containsKey(left) && pieces.containsKey(right)) {
          merges.add(new Merge(left, right, score));
        }
      }
    }
    requireOrder(merges);
    merges.sort(Comparator.comparing(Merge::score).reversed());
    return merges;
  }

  private static void requireOrder(List<Merge> merges) {
    long scores = merges.stream().map(Merge::score).distinct().limit(2).count();
    long pieces = merges.stream().map(Merge::joined).distinct().limit(2).count();
    if (scores == 1 && pieces == 2) {
      throw new LlmException(
          "unsupported_tokenizer",
          "every piece of the SentencePiece tokenizer has the same score, which gives no order of merging; use the model's Hugging Face folder with tokenizer.json instead");
    }
    if (merges.stream().anyMatch(merge -> !Float.isFinite(merge.score()))) {
      throw new LlmException("tokenizer_invalid", "a score of the tokenizer is not finite");
    }
  }
}
