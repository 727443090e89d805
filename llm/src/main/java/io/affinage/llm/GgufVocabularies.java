package io.affinage.llm;

import io.affinage.llm.checkpoint.GgufTokenizer;
import io.affinage.llm.text.GgufVocabulary;
import java.util.LinkedHashSet;
import java.util.Set;

/** Hands the tokenizer inside a GGUF file from the file reader to the text package. */
final class GgufVocabularies {
  private GgufVocabularies() {}

  static GgufVocabulary of(GgufTokenizer tokenizer) {
    Set<Integer> moreStops = new LinkedHashSet<>();
    tokenizer.eotTokenId().ifPresent(moreStops::add);
    return new GgufVocabulary(
        tokenizer.model(),
        tokenizer.pre(),
        tokenizer.tokens(),
        tokenizer.tokenTypes(),
        tokenizer.merges(),
        tokenizer.scores(),
        tokenizer.bosTokenId(),
        tokenizer.eosTokenId(),
        moreStops,
        tokenizer.unknownTokenId(),
        tokenizer.paddingTokenId(),
        tokenizer.addBosToken(),
        tokenizer.addEosToken(),
        tokenizer.addSpacePrefix(),
        tokenizer.chatTemplate());
  }
}
