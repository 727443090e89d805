package io.affinage.llm.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** The post-processor of a {@code tokenizer.json} that puts special tokens around texts. */
final class TextTemplate {
  private TextTemplate() {}

  /** A token and its id. */
  record Token(String content, int id) {}

  /** Empty where nothing stands around texts. */
  static Optional<ObjectNode> around(Optional<Token> before, Optional<Token> after) {
    if (before.isEmpty() && after.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode template = PreTokenizer.object("TemplateProcessing");
    ObjectNode specials = JsonNodeFactory.instance.objectNode();
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    for (int sequence = 0; sequence < 2; sequence++) {
      for (ArrayNode target :
          sequence == 0 ? new ArrayNode[] {single, pair} : new ArrayNode[] {pair}) {
        int type = sequence;
        before.ifPresent(token -> special(target, specials, token, type));
        target
            .addObject()
            .putObject("Sequence")
            .put("id", sequence == 0 ? "A" : "B")
            .put("type_id", sequence);
        after.ifPresent(token -> special(target, specials, token, type));
      }
    }
    template.set("special_tokens", specials);
    return Optional.of(template);
  }

  private static void special(ArrayNode target, ObjectNode specials, Token token, int type) {
    target.addObject().putObject("SpecialToken").put("id", token.content()).put("type_id", type);
    ObjectNode special = specials.putObject(token.content()).put("id", token.content());
    special.putArray("ids").add(token.id());
    special.putArray("tokens").add(token.content());
  }
}
