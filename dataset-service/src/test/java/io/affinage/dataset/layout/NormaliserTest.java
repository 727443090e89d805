package io.affinage.dataset.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetLayout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormaliserTest {
  private static final JsonMapper JSON = new JsonMapper();

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // Alpaca, as the peers build it: the input on a line of its own, a blank one left out.
        "{'instruction':'Add','input':'1 2','output':'3'}"
            + "|ALPACA|{'messages':[{'role':'user','content':'Add\\n1 2'},"
            + "{'role':'assistant','content':'3'}]}",
        "{'instruction':'Add','input':'','output':'3','system':'Be brief'}"
            + "|ALPACA|{'messages':[{'role':'system','content':'Be brief'},"
            + "{'role':'user','content':'Add'},{'role':'assistant','content':'3'}]}",
        "{'conversations':[{'from':'human','value':'Hi'},{'from':'gpt','value':'Ho'}]}"
            + "|SHAREGPT|{'messages':[{'role':'user','content':'Hi'},"
            + "{'role':'assistant','content':'Ho'}]}",
        "{'messages':[{'role':'developer','content':'S'},"
            + "{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]},"
            + "{'role':'assistant','content':'c','weight':1}]}"
            + "|MESSAGES|{'messages':[{'role':'system','content':'S'},"
            + "{'role':'user','content':'ab'},{'role':'assistant','content':'c'}]}",
        "{'messages':'[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"q\\\"},"
            + "{\\\"role\\\":\\\"assistant\\\",\\\"content\\\":\\\"a\\\"}]'}"
            + "|MESSAGES|{'messages':[{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'a'}]}",
        "{'prompt':' p ','completion':' c'}|PROMPT_COMPLETION|{'prompt':' p ','completion':' c'}",
        "{'prompt':[{'role':'user','content':'p'}],"
            + "'completion':[{'role':'assistant','content':'c'}]}"
            + "|PROMPT_COMPLETION|{'messages':[{'role':'user','content':'p'},"
            + "{'role':'assistant','content':'c'}]}",
        "{'prompt':'p','chosen':'good','rejected':'bad'}"
            + "|PREFERENCE|{'messages':[{'role':'user','content':'p'}],"
            + "'chosen':[{'role':'assistant','content':'good'}],"
            + "'rejected':[{'role':'assistant','content':'bad'}]}",
        "{'instruction':'i','input':'x','output':'good','chosen':'good','rejected':'bad'}"
            + "|PREFERENCE|{'messages':[{'role':'user','content':'i\\nx'}],"
            + "'chosen':[{'role':'assistant','content':'good'}],"
            + "'rejected':[{'role':'assistant','content':'bad'}]}",
        "{'chosen':[{'role':'user','content':'q'},{'role':'assistant','content':'good'}],"
            + "'rejected':[{'role':'user','content':'q'},{'role':'assistant','content':'bad'}]}"
            + "|PREFERENCE|{'messages':[{'role':'user','content':'q'}],"
            + "'chosen':[{'role':'assistant','content':'good'}],"
            + "'rejected':[{'role':'assistant','content':'bad'}]}",
        "{'text':'Once.'}|TEXT|{'text':'Once.'}",
      })
  void shouldDetectAndNormalise(String row, DatasetLayout layout, String expected)
      throws JsonProcessingException {
    Normaliser normaliser = Normaliser.of(DatasetLayout.AUTO, null, null, List.of(json(row)));
    assertThat(normaliser.layout()).isEqualTo(layout);
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat((Object) JSON.valueToTree(good.row())).isEqualTo(json(expected));
  }

  @ParameterizedTest(name = "{1}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ALPACA|missing_field|{'instruction':'i'}",
        "ALPACA|missing_field|{'instruction':'i','output':null}",
        "ALPACA|empty_prompt|{'instruction':' ','output':'o'}",
        "ALPACA|empty_completion|{'instruction':'i','output':' \\n'}",
        "ALPACA|not_text|{'instruction':'i','output':5}",
        "ALPACA|invalid_unicode|{'instruction':'i','output':'\\ud800'}",
        "MESSAGES|no_messages|{'messages':[]}",
        "MESSAGES|no_messages|{'messages':'hello'}",
        "MESSAGES|no_messages|{'messages':['hello']}",
        "MESSAGES|unknown_role|{'messages':[{'role':'owner','content':'x'}]}",
        "MESSAGES|unknown_role|{'messages':[{'content':'x'}]}",
        "MESSAGES|no_assistant_turn|{'messages':[{'role':'user','content':'x'}]}",
        "MESSAGES|empty_content|{'messages':[{'role':'user','content':''},"
            + "{'role':'assistant','content':'a'}]}",
        "MESSAGES|empty_completion|{'messages':[{'role':'user','content':'q'},"
            + "{'role':'assistant','content':''}]}",
        "MESSAGES|roles_out_of_order|{'messages':[{'role':'assistant','content':'x'}]}",
        "MESSAGES|roles_out_of_order|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'user','content':'x'},{'role':'assistant','content':'x'}]}",
        "MESSAGES|roles_out_of_order|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'system','content':'x'},{'role':'assistant','content':'x'}]}",
        "MESSAGES|last_turn_not_assistant|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x'},{'role':'user','content':'x'}]}",
        "MESSAGES|unsupported_tools|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':null,'tool_calls':[{'id':'1'}]}]}",
        "MESSAGES|unsupported_tools|{'messages':[{'role':'tool','content':'x'}]}",
        "MESSAGES|unsupported_tools|{'tools':[{}],'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x'}]}",
        "MESSAGES|unsupported_content|{'messages':[{'role':'user','content':"
            + "[{'type':'image_url'}]},{'role':'assistant','content':'x'}]}",
        "MESSAGES|unsupported_weight|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x','weight':0}]}",
        "SHAREGPT|missing_field|{'messages':[]}",
        "PROMPT_COMPLETION|empty_prompt|{'prompt':'','completion':'c'}",
        "PROMPT_COMPLETION|empty_completion|{'prompt':'p','completion':''}",
        "PROMPT_COMPLETION|not_text|{'prompt':[{'role':'user','content':'x'}],'completion':'c'}",
        "PREFERENCE|identical_answers|{'prompt':'p','chosen':'a','rejected':'a'}",
        "PREFERENCE|no_common_prompt|{'chosen':'a','rejected':'b'}",
        "PREFERENCE|empty_completion|{'prompt':'p','chosen':'a','rejected':''}",
        "PREFERENCE|missing_field|{'prompt':'p','chosen':'a'}",
        "TEXT|empty_text|{'text':'   '}",
        "TEXT|missing_field|{'txt':'x'}"
      })
  void shouldSayWhyARowIsBad(DatasetLayout layout, String reason, String row)
      throws JsonProcessingException {
    Normaliser normaliser = Normaliser.of(layout, null, null, List.of(json(row)));
    assertThat(normaliser.normalise(json(row)))
        .isInstanceOfSatisfying(
            Normalised.Bad.class, bad -> assertThat(bad.fault().reason().code()).isEqualTo(reason));
  }

  @Test
  void shouldRenameColumnsAndCountTheUnused() throws JsonProcessingException {
    String row = "{'utterance':'Hello','intent':'greet','tags':'x','empty':null}";
    Normaliser normaliser =
        Normaliser.of(
            null, Map.of("utterance", "prompt", "intent", "completion"), null, List.of(json(row)));
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat(good.row().prompt()).isEqualTo("Hello");
    assertThat(good.row().completion()).isEqualTo("greet");
    assertThat(good.unusedColumns()).containsExactly("tags");
  }

  @Test
  void shouldSwapColumns() throws JsonProcessingException {
    String row = "{'prompt':'b','completion':'a'}";
    Normaliser normaliser =
        Normaliser.of(
            null, Map.of("prompt", "completion", "completion", "prompt"), null, List.of(json(row)));
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat(good.row().prompt()).isEqualTo("a");
  }

  @Test
  void shouldNameWhatItSawWhenNoLayoutFits() {
    assertThatThrownBy(
            () -> Normaliser.of(null, null, null, List.of(json("{'question':'q','answer':'a'}"))))
        .isInstanceOfSatisfying(
            DatasetException.class,
            e -> {
              assertThat(e.detail().code()).isEqualTo("unknown_layout");
              assertThat(e.detail().message()).contains("answer, question", "columns");
            });
    assertThatThrownBy(
            () ->
                Normaliser.of(null, Map.of("x", "prompt"), null, List.of(json("{'question':'q'}"))))
        .isInstanceOfSatisfying(
            DatasetException.class,
            e -> assertThat(e.detail().code()).isEqualTo("column_not_found"));
  }

  @Test
  void shouldGiveEveryRowTheConstantColumns() throws JsonProcessingException {
    String row = "{'text':'We overrule.','label':'Yes'}";
    Normaliser normaliser =
        Normaliser.of(
            null,
            Map.of("text", "input", "label", "output"),
            Map.of("instruction", "Does it overrule?"),
            List.of(json(row)));
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat(good.row().messages().get(0).content()).isEqualTo("Does it overrule?\nWe overrule.");
    assertThat(good.unusedColumns()).isEmpty();

    String own = "{'text':'We affirm.','label':'No','instruction':'mine'}";
    assertThat(normaliser.normalise(json(own)))
        .isInstanceOfSatisfying(
            Normalised.Bad.class,
            bad -> assertThat(bad.fault().reason().code()).isEqualTo("column_is_constant"));
  }

  @Test
  void shouldRefuseConstantsThatSayNothingOrOverwrite() {
    Map<String, String> renames = Map.of("text", "input");
    for (Map<String, String> constants :
        List.of(Map.of("instruction", " "), Map.of("input", "x"))) {
      assertThatThrownBy(
              () -> Normaliser.of(null, renames, constants, List.of(json("{'text':'t'}"))))
          .isInstanceOfSatisfying(
              DatasetException.class,
              e -> assertThat(e.detail().code()).isEqualTo("invalid_constants"));
    }
  }

  private static ObjectNode json(String text) throws JsonProcessingException {
    return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
  }
}
