package io.affinage.cli.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What the demo of preferences learns from: the support desk wants answers that say what is done
 * and thank the customer first, and shows it by pairs of answers alone.
 *
 * <p>Its agents are mostly curt, so a model that imitates them is, too. No message is in two of the
 * parts, nor in the pre-training text of {@link DemoData} with the same seed.
 *
 * @param answers prompt to the answer of some agent
 * @param pairs prompt to a better and a worse answer
 * @param prompts prompt to what must be said in an answer, for rollouts and for measuring
 */
public record PreferenceData(
    Map<String, String> answers, Map<String, Pair> pairs, Map<String, String> prompts) {
  /** What the desk wants to begin with. */
  public static final String THANKS = "Thank you.";

  /** One agent of three is polite. */
  private static final int POLITE = 3;

  /** Two answers to one prompt. */
  public record Pair(String chosen, String rejected) {}

  /**
   * The same arguments always give the same text, byte for byte.
   *
   * @param skipped distinct messages that {@link DemoData} has taken
   */
  public static PreferenceData generate(
      long seed, int skipped, int answers, int pairs, int prompts) {
    SupportGrammar grammar = new SupportGrammar(seed);
    SplittableRandom random = new SplittableRandom(seed + 1);
    Map<String, SupportGrammar.Message> distinct = new LinkedHashMap<>();
    while (distinct.size() < skipped + answers + pairs + prompts) {
      SupportGrammar.Message message = grammar.next();
      distinct.putIfAbsent(message.text(), message);
    }
    List<SupportGrammar.Message> messages =
        new ArrayList<>(distinct.values()).subList(skipped, distinct.size());
    Map<String, String> given = new LinkedHashMap<>();
    for (SupportGrammar.Message message : messages.subList(0, answers)) {
      given.put(prompt(message), random.nextInt(POLITE) == 0 ? polite(message) : curt(message));
    }
    Map<String, Pair> judged = new LinkedHashMap<>();
    for (SupportGrammar.Message message : messages.subList(answers, answers + pairs)) {
      SupportGrammar.Message other = messages.get(random.nextInt(messages.size()));
      boolean wrong = random.nextBoolean() && !other.action().equals(message.action());
      judged.put(prompt(message), new Pair(polite(message), wrong ? polite(other) : curt(message)));
    }
    Map<String, String> asked = new LinkedHashMap<>();
    for (SupportGrammar.Message message : messages.subList(answers + pairs, messages.size())) {
      asked.put(prompt(message), curt(message));
    }
    return new PreferenceData(given, judged, asked);
  }

  private static String prompt(SupportGrammar.Message message) {
    return "Customer: " + message.text() + "\nAgent:";
  }

  private static String curt(SupportGrammar.Message message) {
    return " " + message.action();
  }

  private static String polite(SupportGrammar.Message message) {
    return " " + THANKS + " " + message.action();
  }
}
