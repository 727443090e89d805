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

  /** Small tokenizers of the kinds that models have. */
  private static final Map<String, String> TOKENIZERS =
      Map.of(
          "sentencepiece BPE",
          """
          {"added_tokens":[{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
            {"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
           "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
           "pre_tokenizer":null,
           "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
             "pair":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
             "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
           "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
             {"type":"Strip","content":" ","start":1,"stop":0}]},
           "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,
             "byte_fallback":true,"ignore_merges":false,"vocab":{"<unk>":0,"<s>":1,"<0xC3>":2,"<0xA9>":3,"▁":4,"t":5,"h":6,"e":7,"c":8,"a":9,"th":10,"the":11,"▁the":12},
             "merges":["t h","th e","▁ the"]}}
          """,
          "unigram",
          """
          {"added_tokens":[],"normalizer":{"type":"NFKC"},
           "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"post_processor":null,
           "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
           "model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0.0],["▁",-2.0],["the",-3.5],["▁the",-3.0],["c",-4.0],["a",-4.5],["t",-5.0],["h",-5.0],["e",-5.5]]}}
          """,
          "words with digits and splits",
          """
          {"added_tokens":[],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"},{"type":"Strip","strip_left":true,"strip_right":true}]},
           "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a-z]+|[0-9]{1,3}"},"behavior":"Isolated","invert":false},
             {"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]},
           "post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},
             {"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"e","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],
              "special_tokens":{"e":{"id":"e","ids":[2],"tokens":["e"]}}}]},
           "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
           "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"##","end_of_word_suffix":"</w>","fuse_unk":false,
             "byte_fallback":false,"ignore_merges":true,"vocab":{"t":0,"##h":1,"e":2,"th":3,"c":4,"a":5,"Ġ":6},"merges":[["t","##h"]]}}
          """,
          "word pieces",
          """
          {"added_tokens":[{"id":0,"content":"[UNK]","single_word":true,"lstrip":true,"rstrip":false,"normalized":true,"special":true}],
           "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
           "pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["[SEP]",1],"cls":["[CLS]",2]},
           "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
           "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[SEP]":1,"[CLS]":2,"the":3,"c":4,"##at":5}}}
          """);

  @Test
  void shouldReadOrRefuseTokenizers() throws Exception {
    for (Map.Entry<String, String> kind : TOKENIZERS.entrySet()) {
      fuzzFile(kind.getKey(), "tokenizer.json", kind.getValue());
    }
  }

  @Test
  void shouldReadOrRefuseATrainedTokenizersFiles() throws Exception {
    BpeTrainer.train(List.of("the cat sat on the mat ".repeat(9)), BpeTrainer.Settings.chatMl(290))
        .writeTo(folder);
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      String sound = Files.readString(folder.resolve(name));
      fuzzFile(name, name, sound);
      Files.writeString(folder.resolve(name), sound);
    }
  }

  private void fuzzFile(String kind, String name, String sound) throws Exception {
    Path file = folder.resolve(name);
    var mutator = new Mutator(13);
    byte[] bytes = sound.getBytes(StandardCharsets.UTF_8);
    Fuzzing.run(
        kind,
        400,
        Set.of("tokenizer_", "chat_template_", "unsupported_", "text_", "token_"),
        512,
        4 << 20,
        () -> mutator.text(bytes),
        content -> {
          Files.write(file, content);
          TokenizerDefinition definition = TokenizerDefinition.fromFolder(folder);
          ChatTemplate.of(definition);
          try (Tokenizer tokenizer = Tokenizer.of(definition)) {
            tokenizer.decode(tokenizer.encodeWithSpecialTokens("the cat é 🙂 12345"), false);
            tokenizer.encodeWithOffsets("the cat é");
          }
        });
  }

  @Test
  void shouldReadOrRefuseSentencePieceModels() throws Exception {
    byte[] sound =
        Files.readAllBytes(
            Path.of(getClass().getResource("/sentencepiece/llama/tokenizer.model").toURI()));
    Path file = Files.write(folder.resolve("tokenizer.model"), sound);
    Tokenizer.of(TokenizerDefinition.fromFolder(folder)).close(); // loads what counts for no file
    var mutator = new Mutator(15);
    Fuzzing.run(
        "tokenizer.model",
        400,
        Set.of("tokenizer_", "unsupported_", "token_"),
        1024,
        4 << 20,
        () -> mutator.binary(sound, sound.length),
        content -> {
          Files.write(file, content);
          try (Tokenizer tokenizer = Tokenizer.of(TokenizerDefinition.fromFolder(folder))) {
            tokenizer.decode(tokenizer.encodeWithSpecialTokens("the cat é 🙂 12345"), false);
          }
        });
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
