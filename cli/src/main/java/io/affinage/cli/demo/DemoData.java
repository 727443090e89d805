package io.affinage.cli.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the demo learns from: conversations for pre-training and tickets for the instruction task.
 *
 * <p>No message is in both, so a ticket that is held out was never seen in any form.
 *
 * @param conversations documents of one message and its answer in prose
 * @param tickets prompt ("Message: ... Ticket:") to completion
 */
public record DemoData(List<String> conversations, Map<String, String> tickets) {

  /** The same arguments always give the same text, byte for byte. */
  public static DemoData generate(long seed, int conversations, int tickets) {
    SupportGrammar grammar = new SupportGrammar(seed);
    Map<String, SupportGrammar.Message> distinct = new LinkedHashMap<>();
    while (distinct.size() < conversations + tickets) {
      SupportGrammar.Message message = grammar.next();
      distinct.putIfAbsent(message.text(), message);
    }
    List<String> documents = new ArrayList<>(conversations);
    Map<String, String> rows = new LinkedHashMap<>();
    for (SupportGrammar.Message message : distinct.values()) {
      if (rows.size() < tickets) {
        rows.put("Message: " + message.text() + "\nTicket:", " " + message.ticket());
      } else {
        documents.add("Customer: " + message.text() + "\nAgent: " + message.reply());
      }
    }
    return new DemoData(List.copyOf(documents), rows);
  }
}
