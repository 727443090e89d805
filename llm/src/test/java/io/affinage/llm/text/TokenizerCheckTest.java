package io.affinage.llm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that made the tokenizer engine end the process. */
class TokenizerCheckTest {
  private static final String MODEL =
      "'model':{'type':'BPE','vocab':{'a':0,'b':1,'ab':2},'merges':['a b']}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model':{'type':'BPE','continuing_subword_prefix':'##########','vocab':{'a':0,'b':1,'ab':2},'merges':['a b']}}|does not continue with",
        "{'decoder':{'type':'Fuse\\ud800'},MODEL}|half a surrogate pair",
        "{'added_tokens':[{'id':3,'content':'','normalized':false}],MODEL}|nothing of added token",
        "{'normalizer':{'strip_left':true,'strip_right':true},'added_tokens':[{'id':3,'content':' ','normalized':true}],MODEL}|nothing of added token",
        "{'post_processor':{'single':[{'SpecialToken':{'id':'x','type_id':0}}],'pair':[],'special_tokens':{}},MODEL}|special_tokens does not have",
        "{'post_processor':{'type':'Sequence','processors':[{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'x','type_id':0}}],'pair':[],'special_tokens':{}}]},MODEL}|special_tokens does not have",
        "{'model':{'type':'BPE','vocab':{'a':-1},'merges':[]}}|not a number from 0",
        "{'model':[]}|has no model",
      })
  void shouldRefuseWhatTheEngineWouldNotSurvive(String json, String message) throws Exception {
    LlmException e = catchThrowableOfType(LlmException.class, () -> load(json));
    assertThat(e.code()).isEqualTo("tokenizer_invalid");
    assertThat(e).hasMessageContaining(message);
  }

  /** Normalizers that can delete leave these letters and signs. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'Strip','strip_left':true,'strip_right':true}",
        "{'type':'Sequence','normalizers':[{'type':'NFD'},{'type':'StripAccents'}]}",
        "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':true,'lowercase':true}",
        "{'type':'Nmt'}",
        "{'type':'Replace','pattern':{'String':'x'},'content':''}",
        "{'type':'Replace','pattern':{'Regex':'[0-9]'},'content':''}",
      })
  void shouldTakeAddedTokensInEveryScript(String normalizer) throws Exception {
    for (String content :
        new String[] {
          "\u00e9", "\u65e5\u672c", "\u00ab", "\u2581a", "\ud83d\ude00", "\u0434\u0430", "\u20ac"
        }) {
      try (Tokenizer tokenizer = load(added(normalizer, content))) {
        assertThat(tokenizer.encode("ab" + content)).as(content).contains(3);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'StripAccents'}|\u0301",
        "{'type':'Strip','strip_left':true,'strip_right':true}|\\u3000",
        "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':true,'lowercase':true}|\u200b",
        "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':true,'lowercase':true}|\ufffd",
        "{'type':'Replace','pattern':{'String':'\u00e9'},'content':''}|\u00e9\u00e9",
        "{'type':'Replace','pattern':{'Regex':'[a-z]+'},'content':''}|abc",
      })
  void shouldRefuseAddedTokensThatMayVanish(String normalizer, String content) {
    LlmException e =
        catchThrowableOfType(LlmException.class, () -> load(added(normalizer, content)));
    assertThat(e).hasMessageContaining("nothing of added token");
  }

  /** The engine would give such a token another id than the file does, without a word. */
  @Test
  void shouldRefuseAnAddedTokenBehindAGap() {
    String gap =
        "{'added_tokens':[{'id':9,'content':'<x>','normalized':false,'single_word':false,"
            + "'lstrip':false,'rstrip':false,'special':true}],MODEL}";
    LlmException e = catchThrowableOfType(LlmException.class, () -> load(gap));
    assertThat(e.code()).isEqualTo("tokenizer_invalid");
    assertThat(e).hasMessageContaining("'<x>' has the id 9").hasMessageContaining("gives [3]");
  }

  private static String added(String normalizer, String content) {
    return ("{'normalizer':%s,'added_tokens':[{'id':3,'content':'%s','normalized':true,"
            + "'single_word':false,'lstrip':false,'rstrip':false,'special':false}],MODEL}")
        .formatted(normalizer, content);
  }

  @Test
  void shouldTakeWhatIsSound() throws Exception {
    String spaces =
        "{'normalizer':{'type':'NFC'},'added_tokens':[{'id':3,'content':'  ','normalized':true,"
            + "'single_word':false,'lstrip':false,'rstrip':false,'special':false}],MODEL}";
    try (Tokenizer tokenizer = load(spaces)) {
      assertThat(tokenizer.encode("ab  a")).containsExactly(2, 3, 0);
    }
  }

  private static Tokenizer load(String json) throws Exception {
    String text = json.replace("MODEL", MODEL).replace('\'', '"');
    return Tokenizer.of(
        new TokenizerDefinition(
            (ObjectNode) new ObjectMapper().readTree(text),
            SpecialTokens.none(),
            Map.of(),
            OptionalInt.empty()));
  }
}
