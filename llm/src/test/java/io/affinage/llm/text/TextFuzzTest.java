package io.affinage.llm.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.SharedFiles;
import io.affinage.llm.fuzz.Fuzzing;
import io.affinage.llm.fuzz.Mutator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokenizers and chat templates that lie: read or refused with a code. */
@Timeout(value = 30, unit = TimeUnit.MINUTES) // against a hang, not for speed
class TextFuzzTest {
  private static final String TEMPLATE =
      """
      {%- if messages[0]['role'] == 'system' %}{% set system = messages[0]['content']|trim %}{% endif -%}
      {% for message in messages %}{% if loop.index0 % 2 == 1 or message.role != 'user' %}
      {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
      {% else %}{{ message | tojson }}{% endif %}{% endfor %}
      {% macro line(text, times=2) %}{{ text * times }}{% endmacro %}{{ line('ab') }}
      {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
      """;

  private static final List<ChatMessage> MESSAGES =
      List.of(
          ChatMessage.of("system", "Be brief."),
          ChatMessage.of("user", "Hello"),
          ChatMessage.of("assistant", "Hi"));

  @TempDir private Path folder;

  @Test
  void shouldReadOrRefuseTokenizers() throws Exception {
    BpeTrainer.train(List.of("the cat sat on the mat ".repeat(9)), BpeTrainer.Settings.chatMl(290))
        .writeTo(folder);
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      Path file = folder.resolve(name);
      byte[] sound = Files.readAllBytes(file);
      var mutator = new Mutator(13);
      Fuzzing.run(
          name,
          500,
          Set.of("tokenizer_", "chat_template_", "unsupported_", "text_", "token_"),
          256,
          4 << 20,
          () -> mutator.text(sound),
          content -> {
            Files.write(file, content);
            TokenizerDefinition definition = TokenizerDefinition.fromFolder(folder);
            ChatTemplate.of(definition);
            try (Tokenizer tokenizer = Tokenizer.of(definition)) {
              tokenizer.decode(tokenizer.encodeWithSpecialTokens("the cat é 🙂"), false);
            }
          });
      Files.write(file, sound);
    }
  }

  @Test
  void shouldRenderOrRefuseTemplates() throws Exception {
    fuzz("template", 300, List.of(TEMPLATE));
  }

  @Test
  void shouldRenderOrRefuseRealTemplates() throws Exception {
    var cases =
        new ObjectMapper()
            .readTree(
                SharedFiles.require("data/chat-templates/huggingface-js/e2e_cases.json").toFile());
    var sources = new TreeSet<String>();
    cases.forEach(each -> sources.addAll(each.findValuesAsText("chat_template")));
    assertThat(sources).isNotEmpty();
    fuzz("real templates", 10 * sources.size(), List.copyOf(sources));
  }

  private static void fuzz(String kind, int usual, List<String> templates) throws Exception {
    var mutator = new Mutator(14);
    var next = new AtomicInteger();
    Fuzzing.run(
        kind,
        usual,
        Set.of("chat_template_"),
        4096,
        64 << 20, // a template may loop: what it writes has a limit of its own
        () ->
            mutator.text(
                templates
                    .get(next.getAndIncrement() % templates.size())
                    .getBytes(StandardCharsets.UTF_8)),
        content ->
            ChatTemplate.parse(
                    new String(content, StandardCharsets.UTF_8),
                    Map.of("bos_token", "<s>", "eos_token", "</s>"),
                    Clock.systemUTC())
                .render(MESSAGES, ChatTemplate.Options.PROMPT));
  }
}
