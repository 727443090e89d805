package io.affinage.dataset.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetLayout;
import io.affinage.events.KeptAnswers;
import io.affinage.events.NormalRow;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormaliserTest {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
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
            + "|PREFERENCE|{'prompt':'p','chosen_text':'good','rejected_text':'bad'}",
        "{'prompt':'p','chosen':'good','rejected':'bad','margin':'0.5'}"
            + "|PREFERENCE|{'prompt':'p','chosen_text':'good','rejected_text':'bad','margin':0.5}",
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
        "{'prompt':' p '}|PROMPT_ONLY|{'prompt':' p '}",
        "{'prompt':'p','system':'s'}|PROMPT_ONLY|{'messages':[{'role':'system','content':'s'},"
            + "{'role':'user','content':'p'}]}",
        "{'prompt':[{'role':'user','content':'q'},{'role':'assistant','content':'a'},"
            + "{'role':'user','content':'p'}]}"
            + "|PROMPT_ONLY|{'messages':[{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'a'},{'role':'user','content':'p'}]}",
      })
  void shouldDetectAndNormalise(String row, DatasetLayout layout, String expected)
      throws JsonProcessingException {
    Normaliser normaliser = normaliser(DatasetLayout.AUTO, null, null, row);
    assertThat(normaliser.layout()).isEqualTo(layout);
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat((Object) JSON.valueToTree(good.row())).isEqualTo(json(expected));
  }

  @ParameterizedTest(name = "{1}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "ALPACA|missing_field|{'instruction':'i'}",
        "ALPACA|missing_field|{'instruction':'i','output':null}",
        "ALPACA|empty_prompt|{'instruction':' ','output':'o'}",
        "ALPACA|empty_completion|{'instruction':'i','output':' \\n'}",
        "ALPACA|not_text|{'instruction':'i','output':{'a':5}}",
        "ALPACA|invalid_history|{'instruction':'i','output':'o','history':'x'}",
        "ALPACA|invalid_history|{'instruction':'i','output':'o','history':[['only one']]}",
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
            + "{'role':'assistant','content':'x','weight':0},{'role':'assistant','content':'x'}]}",
        "MESSAGES|invalid_tool_call|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':null,'tool_calls':[{'id':'1'}]}]}",
        "MESSAGES|invalid_tool_call|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','tool_calls':[{'name':'f','arguments':'{'}]}]}",
        "MESSAGES|invalid_tool_call|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','tool_calls':[{'name':'f','arguments':[1]}]}]}",
        "MESSAGES|invalid_tool_call|{'messages':[{'role':'user','content':'x',"
            + "'tool_calls':[{'name':'f'}]},{'role':'assistant','content':'x'}]}",
        "MESSAGES|tool_result_without_call|{'messages':[{'role':'tool','content':'x'},"
            + "{'role':'assistant','content':'x'}]}",
        "MESSAGES|tool_result_without_call|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','tool_calls':[{'id':'1','name':'f'}]},"
            + "{'role':'tool','content':'x','tool_call_id':'2'},"
            + "{'role':'assistant','content':'x'}]}",
        "MESSAGES|tool_call_without_result|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','tool_calls':[{'name':'f'}]},"
            + "{'role':'assistant','content':'x'}]}",
        "MESSAGES|tool_call_without_result|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','tool_calls':[{'id':'1','name':'f'},{'id':'2','name':'g'}]},"
            + "{'role':'tool','content':'x','tool_call_id':'1'},"
            + "{'role':'assistant','content':'x'}]}",
        "MESSAGES|invalid_tools|{'tools':[{}],'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x'}]}",
        "MESSAGES|invalid_tools|{'tools':'[{','messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x'}]}",
        "MESSAGES|invalid_tools|{'tools':{'name':'f'},'messages':[{'role':'user',"
            + "'content':'x'},{'role':'assistant','content':'x'}]}",
        "MESSAGES|unsupported_content|{'messages':[{'role':'user','content':"
            + "[{'type':'image_url'}]},{'role':'assistant','content':'x'}]}",
        "MESSAGES|nothing_to_learn|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x','weight':0}]}",
        "MESSAGES|unsupported_weight|{'messages':[{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x','weight':0.5}]}",
        "SHAREGPT|missing_field|{'messages':[]}",
        "PROMPT_COMPLETION|empty_prompt|{'prompt':'','completion':'c'}",
        "PROMPT_COMPLETION|empty_completion|{'prompt':'p','completion':''}",
        "PROMPT_COMPLETION|not_text|{'prompt':[{'role':'user','content':'x'}],'completion':'c'}",
        "PREFERENCE|identical_answers|{'prompt':'p','chosen':'a','rejected':'a'}",
        "PREFERENCE|invalid_margin|{'prompt':'p','chosen':'a','rejected':'b','margin':-1}",
        "PREFERENCE|invalid_margin|{'prompt':'p','chosen':'a','rejected':'b','margin':'much'}",
        "PREFERENCE|no_common_prompt|{'chosen':'a','rejected':'b'}",
        "PREFERENCE|empty_completion|{'prompt':'p','chosen':'a','rejected':''}",
        "PREFERENCE|missing_field|{'prompt':'p','chosen':'a'}",
        "PREFERENCE|prompt_not_in_answers|{'prompt':'other','chosen':[{'role':'user',"
            + "'content':'q'},{'role':'assistant','content':'a'}],'rejected':[{'role':'user',"
            + "'content':'q'},{'role':'assistant','content':'b'}]}",
        "PREFERENCE|no_messages|{'input':'x','preferred_output':'a','non_preferred_output':'b'}",
        "PREFERENCE|missing_field|{'input':{},'preferred_output':'a',"
            + "'non_preferred_output':'b'}",
        "UNPAIRED_PREFERENCE|invalid_label|{'prompt':'p','completion':'c','label':'good'}",
        "UNPAIRED_PREFERENCE|invalid_label|{'prompt':'p','completion':'c','label':-1}",
        "UNPAIRED_PREFERENCE|missing_field|{'prompt':'p','completion':'c'}",
        "UNPAIRED_PREFERENCE|missing_field|{'prompt':'p','label':true}",
        "PROMPT_ONLY|empty_prompt|{'prompt':' '}",
        "PROMPT_ONLY|missing_field|{'question':'q'}",
        "PROMPT_ONLY|roles_out_of_order|{'messages':[{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'a'}]}",
        "TEXT|empty_text|{'text':'   '}",
        "TEXT|missing_field|{'txt':'x'}"
      })
  void shouldSayWhyARowIsBad(DatasetLayout layout, String reason, String row)
      throws JsonProcessingException {
    Normaliser normaliser = normaliser(layout, null, null, row);
    assertThat(normaliser.normalise(json(row)))
        .isInstanceOfSatisfying(
            Normalised.Bad.class, bad -> assertThat(bad.fault().reason().code()).isEqualTo(reason));
  }

  @Test
  void shouldRenameColumnsAndCountTheUnused() throws JsonProcessingException {
    String row = "{'utterance':'Hello','intent':'greet','tags':'x','empty':null}";
    Normaliser normaliser =
        normaliser(null, Map.of("utterance", "prompt", "intent", "completion"), null, row);
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat(good.row().prompt()).isEqualTo("Hello");
    assertThat(good.row().completion()).isEqualTo("greet");
    assertThat(good.unusedColumns()).containsExactly("tags");
  }

  @Test
  void shouldSwapColumns() throws JsonProcessingException {
    String row = "{'prompt':'b','completion':'a'}";
    Normaliser normaliser =
        normaliser(null, Map.of("prompt", "completion", "completion", "prompt"), null, row);
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat(good.row().prompt()).isEqualTo("a");
  }

  @Test
  void shouldNameWhatItSawWhenNoLayoutFits() {
    assertThatThrownBy(() -> normaliser(null, null, null, "{'question':'q','answer':'a'}"))
        .isInstanceOfSatisfying(
            DatasetException.class,
            e -> {
              assertThat(e.detail().code()).isEqualTo("unknown_layout");
              assertThat(e.detail().message()).contains("answer, question", "columns");
            });
    assertThatThrownBy(() -> normaliser(null, Map.of("x", "prompt"), null, "{'question':'q'}"))
        .isInstanceOfSatisfying(
            DatasetException.class,
            e -> assertThat(e.detail().code()).isEqualTo("column_not_found"));
  }

  @Test
  void shouldGiveEveryRowTheConstantColumns() throws JsonProcessingException {
    String row = "{'text':'We overrule.','label':'Yes'}";
    Normaliser normaliser =
        normaliser(
            null,
            Map.of("text", "input", "label", "output"),
            Map.of("instruction", "Does it overrule?"),
            row);
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
      assertThatThrownBy(() -> normaliser(null, renames, constants, "{'text':'t'}"))
          .isInstanceOfSatisfying(
              DatasetException.class,
              e -> assertThat(e.detail().code()).isEqualTo("invalid_constants"));
    }
  }

  /** What is read, from what; and what of it is noted and not read. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        // Which spelling of a role, content and call it is makes no difference.
        "{'messages':[{'from':'human','value':'q'},{'role':'model','value':'a'}]}"
            + "|{'messages':[{'role':'user','content':'q'},{'role':'assistant','content':'a'}]}||",
        "{'messages':[{'role':'user','content':'q','id':7,'x':null},"
            + "{'role':'assistant','content':'a','train':false,'weight':1}],'source':'s'}"
            + "|{'messages':[{'role':'user','content':'q'},{'role':'assistant','content':'a'}]}"
            + "||messages[].id,messages[].train,source",
        "{'messages':[{'role':'user','content':[{'type':'text','text':'q','cache_control':{'type':'x'}}]},"
            + "{'role':'assistant','content':4}]}"
            + "|{'messages':[{'role':'user','content':'q'},{'role':'assistant','content':'4'}]}"
            + "|value_as_text|messages[].content[].cache_control",
        "{'messages':[{'role':'system','content':'s1'},{'role':'system','content':'s2'},"
            + "{'role':'user','content':'a'},{'role':'user','content':'b'},"
            + "{'role':'assistant','content':'c'},{'role':'system','content':'s3'},"
            + "{'role':'user','content':'d'},{'role':'assistant','content':'e'},"
            + "{'role':'user','content':'f'},{'role':'user','content':'g'}]}"
            + "|{'messages':[{'role':'system','content':'s1\\n\\ns2'},"
            + "{'role':'user','content':'a\\n\\nb'},{'role':'assistant','content':'c'},"
            + "{'role':'system','content':'s3'},{'role':'user','content':'d'},"
            + "{'role':'assistant','content':'e'}]}"
            + "|turns_merged,system_turn_later,trailing_turns_cut|",
        // Two blank system turns and a greeting.
        "{'messages':[{'role':'system','content':' '},{'role':'developer','content':null},"
            + "{'role':'assistant','content':'hi'},{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'a'}]}"
            + "|{'messages':[{'role':'assistant','content':'hi'},{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'a'}]}|assistant_first,empty_system_left_out|",
        // A chat's own system turn stands; the column then says nothing, and that is told.
        "{'system':'column','conversations':[{'from':'system','value':'own'},"
            + "{'from':'human','value':'q'},{'from':'gpt','value':'a'}]}"
            + "|{'messages':[{'role':'system','content':'own'},{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'a'}]}||system",
        "{'system':'column','conversations':[{'from':'system','value':''},"
            + "{'from':'human','value':'q'},{'from':'gpt','value':'a'}]}"
            + "|{'messages':[{'role':'system','content':'column'},{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'a'}]}|empty_system_left_out|",
        // Calls: words before one, two at once, a result as JSON, OpenAI's older form.
        "{'functions':[{'name':'f'}],'messages':[{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'wait','function_call':{'name':'f',"
            + "'arguments':'{}'}},{'role':'function','name':'f','content':{'n':1.50}},"
            + "{'role':'assistant','content':'a'}]}"
            + "|{'messages':[{'role':'user','content':'q'},{'role':'assistant','content':'wait',"
            + "'tool_calls':[{'type':'function','function':{'name':'f','arguments':{}}}]},"
            + "{'role':'tool','content':'{`n`:1.50}','name':'f'},"
            + "{'role':'assistant','content':'a'}],"
            + "'tools':[{'type':'function','function':{'name':'f'}}]}"
            + "|calls_converted,result_as_text,tools_converted,with_tools|",
        "{'tools':'','conversations':[{'from':'human','value':'q'},"
            + "{'from':'gpt','value':'wait'},"
            + "{'from':'function_call','value':{'name':'f','arguments':{'x':1}}},"
            + "{'from':'function_call','value':{'name':'g'}},"
            + "{'from':'observation','value':'1'},{'from':'observation','value':'2'},"
            + "{'from':'gpt','value':'a'}]}"
            + "|{'messages':[{'role':'user','content':'q'},{'role':'assistant','content':'wait',"
            + "'tool_calls':[{'type':'function','function':{'name':'f','arguments':{'x':1}}},"
            + "{'type':'function','function':{'name':'g','arguments':{}}}]},"
            + "{'role':'tool','content':'1'},{'role':'tool','content':'2'},"
            + "{'role':'assistant','content':'a'}]}|calls_converted,turns_merged|",
        // A chat may end with a call: that is what is learned.
        "{'messages':[{'role':'user','content':'q'},{'role':'assistant','tool_calls':"
            + "[{'id':'c','index':0,'type':'function','function':{'name':'f',"
            + "'arguments':'{`x`:1}'}}]},{'role':'tool','tool_call_id':'c','content':''}]}"
            + "|{'messages':[{'role':'user','content':'q'},{'role':'assistant','tool_calls':"
            + "[{'id':'c','type':'function','function':{'name':'f','arguments':{'x':1}}}]}]}"
            + "|trailing_turns_cut|messages[].tool_calls[].index",
        "{'messages':[{'role':'user','content':'q','weight':0},{'role':'assistant','content':'a',"
            + "'weight':0.0,'reasoning_content':'r'},{'role':'user','content':'q2','weight':1},"
            + "{'role':'assistant','content':'a2','weight':true}]}"
            + "|{'messages':[{'role':'user','content':'q'},{'role':'assistant','content':'a',"
            + "'reasoning_content':'r','weight':0},{'role':'user','content':'q2'},"
            + "{'role':'assistant','content':'a2'}]}|with_reasoning,with_weights"
            + "|messages[].weight of another than the assistant",
        "{'prompt':'p','completion':false,'system':null,'history':[['a','b']]}"
            + "|{'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
            + "{'role':'user','content':'p'},{'role':'assistant','content':'false'}]}"
            + "|value_as_text,with_history|",
        // A column that is there and says nothing makes no chat of plain text.
        "{'prompt':'p','completion':'c','system':'','history':[],'tools':null}"
            + "|{'prompt':'p','completion':'c'}||",
        "{'prompt':1e5,'completion':2.50}|{'prompt':'1E+5','completion':'2.50'}|value_as_text|",
        // Unpaired preference in the spellings of JSON, CSV and LLaMA-Factory.
        "{'prompt':'p','completion':'c','label':'False'}"
            + "|{'prompt':'p','completion':'c','label':false}||",
        "{'instruction':'i','input':'','output':'o','kto_tag':1}"
            + "|{'messages':[{'role':'user','content':'i'},{'role':'assistant','content':'o'}],"
            + "'label':true}||",
        "{'prompt':[{'role':'user','content':'p'}],'completion':[{'role':'assistant',"
            + "'content':'c'}],'label':true}|{'messages':[{'role':'user','content':'p'},"
            + "{'role':'assistant','content':'c'}],'label':true}||",
        // Pairs. What both start with is the prompt, up to the first answer that differs.
        "{'chosen':[{'role':'user','content':'q'},{'role':'assistant','content':'a'},"
            + "{'role':'user','content':'x'},{'role':'assistant','content':'b'}],"
            + "'rejected':[{'role':'user','content':'q'},{'role':'assistant','content':'a'},"
            + "{'role':'user','content':'y'},{'role':'assistant','content':'b'}]}"
            + "|{'messages':[{'role':'user','content':'q'}],'chosen':[{'role':'assistant',"
            + "'content':'a'},{'role':'user','content':'x'},{'role':'assistant','content':'b'}],"
            + "'rejected':[{'role':'assistant','content':'a'},{'role':'user','content':'y'},"
            + "{'role':'assistant','content':'b'}]}|prompt_from_answers|",
        "{'prompt':'q','messages':'m','chosen':[{'role':'system','content':'s'},"
            + "{'role':'user','content':'q'},{'role':'assistant','content':'a'}],"
            + "'rejected':[{'role':'system','content':'s'},{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'b'}]}"
            + "|{'messages':[{'role':'system','content':'s'},{'role':'user','content':'q'}],"
            + "'chosen':[{'role':'assistant','content':'a'}],"
            + "'rejected':[{'role':'assistant','content':'b'}]}||messages",
        "{'chosen':'\\n\\nHuman: hi\\n\\nAssistant: yes dear','rejected':"
            + "'\\n\\nHuman: hi\\n\\nAssistant: yes no'}|{'prompt':"
            + "'\\n\\nHuman: hi\\n\\nAssistant:','chosen_text':' yes dear',"
            + "'rejected_text':' yes no'}|prompt_from_answers|",
        "{'chosen':'Say: lamp','rejected':'Say: lard'}|{'prompt':'Say: ','chosen_text':'lamp',"
            + "'rejected_text':'lard'}|prompt_from_answers|",
        "{'prompt':'p','system':'s','chosen':'a','rejected':'b'}"
            + "|{'messages':[{'role':'system','content':'s'},{'role':'user','content':'p'}],"
            + "'chosen':[{'role':'assistant','content':'a'}],"
            + "'rejected':[{'role':'assistant','content':'b'}]}||",
        "{'tools':'[{`name`:`f`}]','conversations':[{'from':'human','value':'q'}],"
            + "'chosen':[{'from':'function_call','value':'{`name`:`f`}'},"
            + "{'from':'observation','value':'1'},{'from':'gpt','value':'a'}],"
            + "'rejected':{'from':'gpt','value':'b'}}"
            + "|{'messages':[{'role':'user','content':'q'}],'chosen':[{'role':'assistant',"
            + "'tool_calls':[{'type':'function','function':{'name':'f','arguments':{}}}]},"
            + "{'role':'tool','content':'1'},{'role':'assistant','content':'a'}],"
            + "'rejected':[{'role':'assistant','content':'b'}],"
            + "'tools':[{'type':'function','function':{'name':'f'}}]}"
            + "|calls_converted,tools_converted,with_tools|",
      })
  void shouldReadWhatPeopleWrite(String row, String expected, String notes, String unused)
      throws JsonProcessingException {
    Normalised read = normaliser(null, null, null, row).normalise(json(row));
    Normalised.Good good = (Normalised.Good) read;
    assertThat((Object) JSON.valueToTree(good.row())).isEqualTo(json(expected));
    assertThat(good.notes().stream().map(RowNote::code))
        .containsExactlyInAnyOrder(notes == null ? new String[0] : notes.split(","));
    assertThat(good.unusedColumns())
        .containsExactlyInAnyOrder(unused == null ? new String[0] : unused.split(","));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "roles_out_of_order|[{'role':'user','content':'x'},{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x'}]",
        "roles_out_of_order|[{'role':'assistant','content':'x'},{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x'}]",
        "roles_out_of_order|[{'role':'user','content':'x'},{'role':'system','content':'x'},"
            + "{'role':'assistant','content':'x'}]",
        "last_turn_not_assistant|[{'role':'user','content':'x'},{'role':'assistant',"
            + "'content':'x'},{'role':'user','content':'x'}]",
        "empty_content|[{'role':'system','content':''},{'role':'user','content':'x'},"
            + "{'role':'assistant','content':'x'}]",
      })
  void shouldPutNothingRightWhenStrict(String reason, String turns) throws JsonProcessingException {
    String row = "{'messages':" + turns + "}";
    RowRules strict = new RowRules(null, null, null, null, true);
    assertThat(Normaliser.of(strict, List.of(json(row))).normalise(json(row)))
        .isInstanceOfSatisfying(
            Normalised.Bad.class,
            bad -> {
              assertThat(bad.fault().reason().code()).isEqualTo(reason);
              assertThat(bad.fault().detail()).contains("messages", "without strict");
            });
  }

  @Test
  void shouldKeepTheAnswersThatAreWanted() throws JsonProcessingException {
    String good = "{'prompt':'p','completion':'c','label':true}";
    String bad = "{'prompt':'p','completion':'d','label':false}";
    RowRules desirable = new RowRules(null, null, null, KeptAnswers.DESIRABLE, true);
    Normaliser labels = Normaliser.of(desirable, List.of(json(good)));
    assertThat(((Normalised.Good) labels.normalise(json(good))).row())
        .isEqualTo(new NormalRow(null, null, "p", "c", null, null, null));
    assertThat(labels.normalise(json(bad)))
        .isEqualTo(new Normalised.LeftOut(RowNote.UNDESIRABLE_LEFT_OUT));

    RowRules chosen = new RowRules(null, null, null, KeptAnswers.CHOSEN, true);
    String plain = "{'prompt':'p','chosen':'c','rejected':'d'}";
    assertThat(keep(chosen, plain))
        .isEqualTo(new NormalRow(null, null, "p", "c", null, null, null));
    String chat = "{'prompt':[{'role':'user','content':'p'}],'chosen':'c','rejected':'d'}";
    assertThat((Object) JSON.valueToTree(keep(chosen, chat)))
        .isEqualTo(
            json(
                "{'messages':[{'role':'user','content':'p'},"
                    + "{'role':'assistant','content':'c'}]}"));
    for (String row : List.of(good, "{'text':'t'}")) {
      assertThatThrownBy(() -> Normaliser.of(chosen, List.of(json(row))))
          .isInstanceOfSatisfying(
              DatasetException.class, e -> assertThat(e.detail().code()).isEqualTo("invalid_keep"));
    }
  }

  private static NormalRow keep(RowRules rules, String row) throws JsonProcessingException {
    Normaliser normaliser = Normaliser.of(rules, List.of(json(row)));
    return ((Normalised.Good) normaliser.normalise(json(row))).row();
  }

  /** What a model learns must not depend on a column that nobody looked at. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'text':'t','label':1}|TEXT",
        "{'text':'t','summary':'s'}|TEXT",
        "{'prompt':'p','solution':'s'}|PROMPT_ONLY",
        "{'prompt':'p','completion':'c','label':'spam'}|PROMPT_COMPLETION",
        "{'messages':[{'role':'user','content':'q'},{'role':'assistant','content':'a'}],"
            + "'label':3}|MESSAGES",
        "{'instruction':'i','output':'o','kto_tag':'maybe'}|ALPACA",
      })
  void shouldRefuseAGuessThatLeavesAnAnswerUnread(String row, DatasetLayout layout)
      throws JsonProcessingException {
    assertThatThrownBy(() -> normaliser(null, null, null, row))
        .isInstanceOfSatisfying(
            DatasetException.class,
            e -> {
              assertThat(e.detail().code()).isEqualTo("column_not_read");
              assertThat(e.detail().message()).contains("name the layout " + layout);
            });
    Normalised.Good named =
        (Normalised.Good) normaliser(layout, null, null, row).normalise(json(row));
    assertThat(named.unusedColumns()).hasSize(1);
  }

  @Test
  void shouldTellOfAColumnWhoseNameAnotherOneGets() throws JsonProcessingException {
    String row = "{'utterance':'a','prompt':'b','completion':'c'}";
    Normaliser normaliser = normaliser(null, Map.of("utterance", "prompt"), null, row);
    Normalised.Good good = (Normalised.Good) normaliser.normalise(json(row));
    assertThat(good.row().prompt()).isEqualTo("a");
    assertThat(good.unusedColumns()).containsExactly("prompt (another column was renamed to it)");
  }

  /** One dataset is written in one way: with a system turn in some rows, all are chats. */
  @Test
  void shouldMakeEveryRowAChatWhereSomeHaveASystemTurn() throws JsonProcessingException {
    String with = "{'system':'s','prompt':'p','completion':'c'}";
    String without = "{'prompt':'p','completion':'c'}";
    Normaliser normaliser = Normaliser.of(RowRules.DETECTED, List.of(json(without), json(with)));
    assertThat(((Normalised.Good) normaliser.normalise(json(without))).row().messages()).hasSize(2);
  }

  private static Normaliser normaliser(
      DatasetLayout layout, Map<String, String> columns, Map<String, String> constants, String row)
      throws JsonProcessingException {
    return Normaliser.of(new RowRules(layout, columns, constants, null, false), List.of(json(row)));
  }

  private static ObjectNode json(String text) throws JsonProcessingException {
    return (ObjectNode) JSON.readTree(text.replace('\'', '"').replace("`", "\\\""));
  }
}
