package io.affinage.llm.adapter.prompt;

import io.affinage.llm.error.LlmException;

/** What the rows of virtual tokens begin with; the rows themselves lie in files. */
public sealed interface PromptInitialisation {

  /** PEFT's {@code prompt_tuning_init}. */
  String peftName();

  /** Normal numbers of deviation 1, as PEFT has them: far from the embeddings of most models. */
  record Random() implements PromptInitialisation {
    @Override
    public String peftName() {
      return "RANDOM";
    }
  }

  /** The embeddings of tokens drawn from the vocabulary. */
  record SampledVocabulary() implements PromptInitialisation {
    @Override
    public String peftName() {
      return "SAMPLE_VOCAB";
    }
  }

  /**
   * The embeddings of a text's tokens: repeated where they are fewer than the virtual tokens, the
   * first of them where they are more.
   *
   * @param text as files tell it
   * @param ids its tokens; empty where it is known from a file alone
   */
  record Text(String text, int[] ids) implements PromptInitialisation {

    /** A text that is to be learned from. */
    public static Text of(String text, int[] ids) {
      if (ids.length == 0) {
        throw new LlmException(
            "invalid_adapter",
            "the text that a prompt begins with has no tokens; give one that has");
      }
      return new Text(text, ids);
    }

    @Override
    public String peftName() {
      return "TEXT";
    }
  }
}
