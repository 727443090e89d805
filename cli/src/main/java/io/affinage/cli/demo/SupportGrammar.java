package io.affinage.cli.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A small seeded grammar of what customers write to a support desk and what the desk answers.
 *
 * <p>It is the demo's whole world: the tiny model is pre-trained on conversations from it and then
 * tuned to turn a message into a ticket. Every production is uniform, so the text has well over
 * 100,000 distinct messages, and the same seed always gives the same text.
 */
final class SupportGrammar {

  /**
   * What a customer wants.
   *
   * @param queue the desk's queue that handles it
   * @param asks ways to say it; {@code %s} is the item
   * @param replies ways for an agent to answer in prose; {@code %s} is the item
   * @param action the short reply on a ticket
   */
  private record Intent(String queue, List<String> asks, List<String> replies, String action) {}

  /**
   * One message together with what a good agent knows about it.
   *
   * @param text as the customer wrote it
   * @param reply an agent's answer in prose, as in the conversations of the pre-training text
   * @param action what the desk does about it, in a short sentence
   * @param ticket what the desk files: {@code queue, priority: action}
   */
  record Message(String text, String reply, String action, String ticket) {}

  private static final List<String> ITEMS =
      List.of(
          "kettle",
          "lamp",
          "chair",
          "printer",
          "router",
          "backpack",
          "jacket",
          "toaster",
          "heater",
          "monitor",
          "camera",
          "bicycle",
          "helmet",
          "blender",
          "keyboard",
          "speaker",
          "tent",
          "mirror",
          "drill",
          "clock",
          "suitcase",
          "radio",
          "sofa",
          "scooter");

  private static final List<Intent> INTENTS =
      List.of(
          new Intent(
              "delivery",
              List.of(
                  "the %s I ordered has not arrived",
                  "my %s is late",
                  "I am still waiting for the %s",
                  "the parcel with my %s seems to be lost",
                  "nobody has delivered my %s yet",
                  "the tracking page of my %s has not moved for days"),
              List.of(
                  "I will trace the parcel with the %s.",
                  "I have asked the carrier where the %s is."),
              "We are tracing your parcel."),
          new Intent(
              "refund",
              List.of(
                  "I want my money back for the %s",
                  "I returned the %s and nothing was paid back",
                  "please refund the %s",
                  "the price of the %s was charged twice",
                  "I have not been repaid for the %s",
                  "you still owe me the money for a %s"),
              List.of(
                  "I will send the money for the %s back to your card.",
                  "The amount for the %s will be repaid this week."),
              "We will send your money back."),
          new Intent(
              "cancel",
              List.of(
                  "I want to cancel the %s",
                  "please stop the order of the %s",
                  "I do not need the %s any more",
                  "I ordered the %s by mistake",
                  "do not send the %s",
                  "take the %s off my order"),
              List.of(
                  "I have stopped the order of the %s.",
                  "The %s is cancelled and will not be sent."),
              "We have stopped your order."),
          new Intent(
              "repair",
              List.of(
                  "the %s does not work",
                  "my %s broke after a week",
                  "the %s makes a strange noise",
                  "the %s came with a crack in it",
                  "a part of my %s fell off",
                  "the %s stopped while I was using it"),
              List.of(
                  "A technician will repair the %s.", "I will book a repair of the %s for you."),
              "A technician will call you."),
          new Intent(
              "exchange",
              List.of(
                  "I got the wrong %s",
                  "the colour of the %s is not what I chose",
                  "the %s is too small for me",
                  "can I swap the %s for another one",
                  "I would like a different %s",
                  "you sent me the %s of somebody else"),
              List.of(
                  "I will send another %s and collect the wrong one.",
                  "We will swap the %s at your door."),
              "We will swap it at your door."),
          new Intent(
              "billing",
              List.of(
                  "I need an invoice for the %s",
                  "the bill for the %s has the wrong name",
                  "where can I find the receipt of my %s",
                  "the tax is missing on the bill for the %s",
                  "send me the paperwork for the %s",
                  "my accountant asks for the receipt of the %s"),
              List.of(
                  "I have mailed you the invoice for the %s.",
                  "A corrected bill for the %s is on its way to you."),
              "We have mailed you the invoice."),
          new Intent(
              "address",
              List.of(
                  "I moved, please send the %s to my new home",
                  "the address on the order of the %s is wrong",
                  "can the %s go to my office instead",
                  "please change where the %s is sent",
                  "I will be away, bring the %s to my neighbour",
                  "I gave the old street for the %s"),
              List.of(
                  "I have changed the address for the %s.", "The %s will go to the new address."),
              "We have changed the address."),
          new Intent(
              "advice",
              List.of(
                  "how do I set up the %s",
                  "which %s is right for a small flat",
                  "is there a manual for the %s",
                  "how long does a %s last",
                  "does the %s come with a guarantee",
                  "can I use the %s outside"),
              List.of("Here is the guide for the %s.", "Our expert for the %s will call you."),
              "We have sent you the guide."));

  private static final List<String> GREETINGS =
      List.of(
          "",
          "Hello, ",
          "Hi, ",
          "Good morning, ",
          "Dear team, ",
          "Hello again, ",
          "Hi there, ",
          "Good evening, ");

  private static final List<String> ASIDES =
      List.of(
          "",
          " I am a customer for many years.",
          " It was a present for my sister.",
          " I bought it in your spring sale.",
          " I have written before.",
          " The order is from last month.",
          " My neighbour has the same one.",
          " Your shop was always good to me.");

  private static final Map<String, String> PRIORITY_BY_CLOSING = closings();

  private static Map<String, String> closings() {
    Map<String, String> closings = new LinkedHashMap<>();
    for (String calm :
        List.of("", " Thank you.", " Take your time.", " Kind regards.", " Have a nice day.")) {
      closings.put(calm, "normal");
    }
    for (String urgent :
        List.of(
            " It is urgent.",
            " I need it today.",
            " Please hurry.",
            " This cannot wait.",
            " Call me at once.")) {
      closings.put(urgent, "high");
    }
    return closings;
  }

  private static final List<String> CLOSINGS = List.copyOf(PRIORITY_BY_CLOSING.keySet());

  private final SplittableRandom random;

  SupportGrammar(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** The queues a ticket can go to. */
  static List<String> queues() {
    return INTENTS.stream().map(Intent::queue).toList();
  }

  /** The next message; the sequence depends on the seed alone. */
  Message next() {
    Intent intent = pick(INTENTS);
    String item = pick(ITEMS);
    String greeting = pick(GREETINGS);
    String ask = pick(intent.asks()).formatted(item);
    String closing = pick(CLOSINGS);
    String text =
        greeting + (greeting.isEmpty() ? capital(ask) : ask) + "." + pick(ASIDES) + closing;
    String priority = PRIORITY_BY_CLOSING.get(closing);
    // The words of a ticket occur here as prose: a model can only be tuned to say what it can
    // spell.
    String reply =
        pick(intent.replies()).formatted(item)
            + " "
            + intent.action()
            + " I have passed this to "
            + intent.queue()
            + " with "
            + priority
            + " priority.";
    String ticket = intent.queue() + ", " + priority + ": " + intent.action();
    return new Message(text, reply, intent.action(), ticket);
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static String capital(String sentence) {
    return sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1);
  }
}
