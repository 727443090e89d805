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
