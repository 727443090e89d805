package io.affinage.llm.text;

/**
 * Token ids and where each stands in the text.
 *
 * @param ids token ids, [tokens]
 * @param starts first UTF-16 unit of each token, [tokens]; the tokens of one character share it
 * @param ends one past the last UTF-16 unit of each token, [tokens]
 */
public record TokenOffsets(int[] ids, int[] starts, int[] ends) {}
