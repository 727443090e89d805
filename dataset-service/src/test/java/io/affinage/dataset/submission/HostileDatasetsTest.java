package io.affinage.dataset.submission;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.EventData;
import io.affinage.events.KeptAnswers;
import io.affinage.events.NormalRow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are wrong, odd or meant to hurt: each ends with counts, or with a code and words. */
class HostileDatasetsTest {
  private static final String GOOD = "{\"prompt\":\"p\",\"completion\":\"c\"}\n";
  private static final String ROLES =
      "[{'role':'user','content':'q'},{'role':'assistant','content':'a'}]";

  @TempDir Path folder;
  private Submissions submissions;

  @BeforeEach
  void open() throws IOException {
    submissions = new Submissions(folder);
  }

  @Test
  void shouldTellOfOneRowInAnotherEncoding() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(GOOD.getBytes(StandardCharsets.UTF_8));
    file.write(GOOD.replace("p\",", "Größe\",").getBytes(StandardCharsets.ISO_8859_1));
    file.write(GOOD.replace("p\",", "Größe\",").getBytes(StandardCharsets.UTF_8));
    DatasetReady ready = ready(submissions.of("x.jsonl", file.toByteArray()));
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(3, 2, 0, 1));
    assertThat(submissions.quarantine(ready))
        .contains("invalid_utf8", "\"line\":2", "windows-1252");
  }

  @ParameterizedTest
  @CsvSource({"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
  void shouldReadWhatAByteOrderMarkSaysInEveryFormat(String encoding) throws Exception {
    Charset charset = Charset.forName(encoding);
    for (Map.Entry<String, String> file :
        Map.of(
                "x.jsonl",
                GOOD.replace("p\",", "漢😀\","),
                "x.json",
                "[" + GOOD.replace("p\",", "漢😀\",") + "]",
                "x.csv",
                "prompt;completion\r\n\"漢😀\";\"c\r\nd;\"\"e\"\"\"\r\n")
            .entrySet()) {
      byte[] bytes = ("\uFEFF" + file.getValue()).getBytes(charset);
      DatasetReady ready = ready(submissions.of(file.getKey(), bytes));
      assertThat(submissions.rows(ready)).extracting(NormalRow::prompt).containsExactly("漢😀");
      byte[] cut = java.util.Arrays.copyOf(bytes, bytes.length - 1);
      assertThat(submissions.of("cut-" + file.getKey(), cut).end()).isNotNull();
    }
    byte[] text = "\uFEFFOne.\r\n\r\nTwo.".getBytes(charset);
    assertThat(submissions.rows(ready(submissions.of("x.txt", text))))
        .extracting(NormalRow::text)
        .containsExactlyInAnyOrder("One.", "Two.");
  }

  @ParameterizedTest
  @CsvSource({"UTF-16LE", "UTF-16BE"})
  void shouldAskForAnEncodingThatNothingMarks(String encoding) throws Exception {
    byte[] bytes = GOOD.getBytes(Charset.forName(encoding));
    DatasetRejected refused = rejected(submissions.of("x.jsonl", bytes));
    assertThat(refused.error().code()).isEqualTo("invalid_encoding");
    assertThat(refused.error().message()).containsIgnoringCase(encoding);
    ready(submissions.of("x.jsonl", bytes).encoding(encoding));
  }

  @Test
  void shouldTellOfCharactersThatTheNamedEncodingDoesNotKnow() throws Exception {
    byte[] halfAPair = {(byte) 0xFF, (byte) 0xFE, '{', 0, '"', 0, 't', 0, 'e', 0, 'x', 0, 't', 0};
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(halfAPair);
    file.write("\":\"".getBytes(StandardCharsets.UTF_16LE));
    file.write(new byte[] {0, (byte) 0xD8});
    file.write("\"}\n{\"text\":\"good\"}".getBytes(StandardCharsets.UTF_16LE));
    DatasetReady ready = ready(submissions.of("x.jsonl", file.toByteArray()));
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(2, 1, 0, 1));
    assertThat(submissions.quarantine(ready)).contains("not in the encoding UTF-16LE");

    byte[] undefined = {'t', 'e', 'x', 't', ',', 'n', '\n', 'a', (byte) 0x81, ',', '1', '\n'};
    DatasetRejected refused = rejected(submissions.of("x.csv", undefined).encoding("windows-1252"));
    assertThat(refused.error().message()).contains("not in the encoding windows-1252");
  }

  /** As {@code cat a.jsonl b.jsonl} makes it of files from Windows. */
  @Test
  void shouldReadFilesThatWerePutBehindEachOther() throws Exception {
    String file = "\uFEFF" + GOOD + "\uFEFF" + GOOD.replace("\"p\"", "\"\uFEFFq\"");
    DatasetReady ready = ready(submissions.of("x.jsonl", file));
    assertThat(submissions.rows(ready))
        .extracting(NormalRow::prompt)
        .containsExactlyInAnyOrder("p", "\uFEFFq");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "sep=;\\nprompt;completion\\na,b;c,d~",
        "\"sep=|\"\\nprompt|completion\\na,b|c,d~",
        "prompt\\tcompletion\\na,b\\tc,d~",
        "prompt|completion\\n\\na,b|c,d\\n\\n~",
        "'prompt;completion\\n\"a,b\";\"c,d\"'~",
        "prompt:completion\\na,b:c,d~:",
        "prompt\\tcompletion\\na,b\\tc,d~tab",
        "\"prompt\",\"completion\",\"x;y;z;w\"\\n\"a,b\",\"c,d\",~",
      })
  void shouldFindWhatSeparatesFields(String file, String separator) throws Exception {
    String content = file.replace("\\n", "\n").replace("\\t", "\t");
    DatasetReady ready = ready(submissions.of("x.csv", content).separator(separator));
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(1, 1, 0, 0));
    assertThat(submissions.rows(ready).get(0).prompt()).isEqualTo("a,b");
    assertThat(submissions.rows(ready).get(0).completion()).isEqualTo("c,d");
  }

  @Test
  void shouldSplitPlainTextAtANamedLine() throws Exception {
    String text = "---\nOne.\n\nStill one.\n---\n---\n\nTwo --- two.\n----\n";
    DatasetReady ready = ready(submissions.of("x.txt", text).separator("---"));
    assertThat(submissions.rows(ready))
        .extracting(NormalRow::text)
        .containsExactlyInAnyOrder("One.\n\nStill one.", "Two --- two.\n----");
  }

  @ParameterizedTest
  @CsvSource({
    "x.jsonl, klingon, , invalid_encoding",
    "x.jsonl, utf-8, ;, invalid_separator",
    "x.csv, , ;;, invalid_separator",
    "x.csv, , '\"', invalid_separator",
  })
  void shouldRefuseWhatDoesNotFit(String name, String encoding, String separator, String code)
      throws Exception {
    DatasetRejected refused =
        rejected(submissions.of(name, GOOD).encoding(encoding).separator(separator));
    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused.error().param()).isEqualTo(code.replace("invalid_", ""));
  }

  @Test
  void shouldRefuseAnEncodingThatTheFileContradicts() throws Exception {
    byte[] file = ("\uFEFF" + GOOD).getBytes(StandardCharsets.UTF_16LE);
    assertThat(rejected(submissions.of("x.jsonl", file).encoding("utf-8")).error().code())
        .isEqualTo("encoding_mismatch");
    ready(submissions.of("y.jsonl", file).encoding("UTF-16"));
    byte[] parquet = "PAR1....".getBytes(StandardCharsets.US_ASCII);
    assertThat(rejected(submissions.of("x.parquet", parquet).encoding("utf-8")).error().code())
        .isEqualTo("invalid_encoding");
  }

  /** What is told stays small, however much there is to tell. */
  @Test
  void shouldBoundWhatItTellsOfColumns() throws Exception {
    StringBuilder row = new StringBuilder("{\"prompt\":\"p\",\"completion\":\"c\"");
    for (int i = 0; i < 100_000; i++) {
      row.append(",\"column").append(i).append("\":1");
    }
    row.append(",\"").append("long".repeat(10_000)).append("\":1}\n");
    DatasetReady ready = ready(submissions.of("x.jsonl", row + GOOD));
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(2, 1, 1, 0));
    assertThat(ready.unusedColumns()).hasSizeBetween(100, 101).containsKey("(others)");
    assertThat(ready.unusedColumns().keySet()).allMatch(name -> name.length() <= 200);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '~',
      value = {
        "invalid_tools~{'messages':ROLES,'tools':'[{`name`:`f`'}",
        "invalid_tools~{'messages':ROLES,'tools':'DEEP'}",
        "invalid_tools~{'messages':ROLES,'tools':'[{`name`:`f`,`x`:1e99999999999}]'}",
        "invalid_tools~{'messages':ROLES,'tools':[{'name':'f','x':1e400}]}",
        "invalid_tools~{'messages':ROLES,'tools':[{'name':'f','x':NaN}]}",
        "invalid_tools~{'messages':ROLES,'tools':[{'name':['f']}]}",
        "invalid_tools~{'messages':ROLES,'tools':'yes'}",
        "invalid_tools~{'messages':ROLES,'tools':[{'name':'f'},'{']}",
        "invalid_tools~{'messages':ROLES,'tools':'[{`name`:`f`,`name`:`g`}]'}",
        "invalid_unicode~{'messages':ROLES,'tools':[{'name':'f','x':'\\ud800'}]}",
        "invalid_json~{'messages':ROLES,'tools':[{'name':'f','\\udc00':1}]}",
        "invalid_unicode~{'messages':[{'role':'user','content':'q','name':'\\ud800'},"
            + "{'role':'assistant','content':'a'}]}",
        "invalid_tool_call~{'messages':[{'role':'user','content':'q'},"
            + "{'role':'assistant','tool_calls':[{'name':'f','arguments':'{`x`:NaN}'}]}]}",
        "invalid_tool_call~{'messages':[{'role':'user','content':'q'},"
            + "{'role':'assistant','tool_calls':[{'name':'f','arguments':{'x':NaN}}]}]}",
        "invalid_tool_call~{'conversations':[{'from':'human','value':'q'},"
            + "{'from':'function_call','value':'stock(lamp)'}]}",
        "invalid_tool_call~{'conversations':[{'from':'human','value':'q'},"
            + "{'from':'function_call','value':''}]}",
        "tool_call_without_result~{'conversations':[{'from':'human','value':'q'},"
            + "{'from':'function_call','value':'{`name`:`f`}'},{'from':'human','value':'q'},"
            + "{'from':'gpt','value':'a'}]}",
        "not_text~{'prompt':'p','completion':NaN}",
        "not_text~{'prompt':'p','completion':1e400}",
        "not_text~{'prompt':'p','completion':1e99999999999}",
        "not_text~{'prompt':'p','completion':{'x':1}}",
        "invalid_json~{'prompt':'p','completion':",
        "invalid_json~{'prompt':'p' 'completion':'c'}",
        "invalid_json~{'prompt':'p','completion':'c','x':DEEP}",
        "duplicate_key~{'prompt':'p','completion':'c','x':{'a':1,'a':2}}",
        "empty_content~{'messages':[{'role':'user','content':[]},"
            + "{'role':'assistant','content':'a'}]}",
        "no_messages~{'messages':[[['user','q']]]}",
        "unknown_role~{'messages':[{'role':{'a':1},'content':'q'}]}",
        "invalid_label~{'prompt':'p','completion':'c','label':'NaN'}",
        "invalid_label~{'prompt':'p','completion':'c','label':[true]}",
      })
  void shouldSetARowAsideAndGoOn(String reason, String row) throws Exception {
    String bad =
        row.replace("ROLES", ROLES)
            .replace('\'', '"')
            .replace("`", "\\\"")
            .replace("DEEP", "[".repeat(500) + "]".repeat(500));
    String good =
        reason.equals("invalid_label")
            ? "{\"prompt\":\"p\",\"completion\":\"c\",\"label\":true}\n"
            : bad.contains("\"messages\"")
                ? "{\"messages\":" + ROLES.replace('\'', '"') + "}\n"
                : bad.contains("\"conversations\"")
                    ? "{\"conversations\":" + ROLES.replace('\'', '"') + "}\n"
                    : GOOD;
    DatasetReady ready = ready(submissions.of("x.jsonl", good + bad + "\n" + good));
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(3, 1, 1, 1));
    assertThat(submissions.quarantine(ready))
        .contains("\"reason\":\"" + reason + "\"", "\"line\":2")
        .doesNotContain("Source: ", "com.fasterxml", "java.");
  }

  @Test
  void shouldPreferTheChatAndTellOfThePromptBesideIt() throws Exception {
    String row = "{\"prompt\":\"p\",\"completion\":\"c\",\"messages\":" + ROLES + "}";
    DatasetReady ready = ready(submissions.of("x.jsonl", row.replace('\'', '"')));
    assertThat(ready.layout()).isEqualTo(DatasetLayout.MESSAGES);
    assertThat(ready.unusedColumns()).isEqualTo(Map.of("prompt", 1L, "completion", 1L));
  }

  @Test
  void shouldRefuseToKeepNothing() throws Exception {
    String row = "{\"prompt\":\"p\",\"completion\":\"c\",\"label\":false}\n";
    DatasetRejected refused = rejected(submissions.of("x.jsonl", row).keep(KeptAnswers.DESIRABLE));
    assertThat(refused.error().code()).isEqualTo("no_usable_rows");
    assertThat(refused.error().param()).isEqualTo("keep");
    assertThat(refused.counts()).isEqualTo(new DatasetCounts(1, 0, 0, 0, 1));
  }

  @Test
  void shouldLetNothingBePutRightWhenStrict() throws Exception {
    String row =
        "{\"messages\":"
            + ROLES.replace('\'', '"').replace("]", ",{\"role\":\"user\",\"content\":\"x\"}]")
            + "}";
    DatasetRejected refused = rejected(submissions.of("x.jsonl", row).strict());
    assertThat(refused.error().code()).isEqualTo("bad_row_in_strict_dataset");
    assertThat(refused.error().message()).contains("line 1", "trailing turns cut");
  }

  /**
   * Hermes' and Qwen's templates write tools and calls as text; a model's own writes them again.
   */
  @Test
  void shouldReadToolsThatWereWrittenAsText() throws Exception {
    String hermes =
        "You are a function calling AI model. You are provided with function signatures within"
            + " <tools> </tools> XML tags.\\n<tools>\\n[{`name`: `stock`}]\\n</tools>\\nFor each"
            + " call return\\n<tool_call>\\n{'name': <name>}\\n</tool_call>";
    String qwen =
        "You sell.\\n\\n# Tools\\n\\nWithin <tools></tools> XML tags:\\n<tools>\\n"
            + "{`type`: `function`, `function`: {`name`: `stock`}}\\n"
            + "{`type`: `function`, `function`: {`name`: `price`}}\\n</tools>\\n\\nReturn"
            + " <tool_call></tool_call>:\\n<tool_call>\\n{`name`: <name>}\\n</tool_call>";
    String call =
        "Let me see.\\n<tool_call>\\n{`name`: `stock`, `arguments`: {`x`: 1}}\\n</tool_call>"
            + "\\n<tool_call>{`name`: `stock`}</tool_call>";
    String results = "<tool_response>\\n2\\n</tool_response>\\n<tool_response>3</tool_response>";
    String chat =
        "{\"conversations\":[{\"from\":\"system\",\"value\":\"%s\"},"
            + "{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":\"%s\"},"
            + "{\"from\":\"%s\",\"value\":\"%s\"},{\"from\":\"gpt\",\"value\":\"a\"}]}\n";
    String file =
        chat.formatted(hermes, call, "tool", results)
            + chat.formatted(qwen, call, "human", results);
    DatasetReady ready = ready(submissions.of("x.jsonl", file.replace("`", "\\\"")));
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(2, 2, 0, 0));
    assertThat(ready.notes())
        .isEqualTo(
            Map.of(
                "calls_converted", 2L,
                "empty_system_left_out", 1L,
                "tool_text_left_out", 2L,
                "tools_converted", 2L,
                "with_tools", 2L));
    for (NormalRow row : submissions.rows(ready)) {
      boolean ofQwen = row.messages().get(0).role().equals("system");
      if (ofQwen) {
        assertThat(row.messages().get(0).content()).isEqualTo("You sell.");
      }
      assertThat(row.tools()).hasSize(ofQwen ? 2 : 1);
      List<NormalRow.ChatMessage> turns =
          row.messages().subList(ofQwen ? 1 : 0, row.messages().size());
      assertThat(turns)
          .extracting(NormalRow.ChatMessage::role)
          .containsExactly("user", "assistant", "tool", "tool", "assistant");
      assertThat(turns.get(1).content()).isEqualTo("Let me see.");
      assertThat(turns.get(1).toolCalls()).hasSize(2);
      assertThat(turns).extracting(NormalRow.ChatMessage::content).contains("2", "3");
    }
    // Without functions the tags are words about something.
    String words = chat.formatted("s", "Write <tool_call> first.", "human", "And <tools>?");
    assertThat(ready(submissions.of("y.jsonl", words)).notes()).isEmpty();
    // An explanation in unknown words would be said twice.
    String unknown = chat.formatted("<tools>[{`name`:`f`}]</tools>", call, "tool", "1");
    assertThat(rejected(submissions.of("z.jsonl", unknown.replace("`", "\\\""))).error().message())
        .contains("invalid_tools", "column tools");
  }

  private static DatasetReady ready(Submissions.Submission submission) throws Exception {
    EventData end = submission.end();
    assertThat(end).as(String.valueOf(end)).isInstanceOf(DatasetReady.class);
    return (DatasetReady) end;
  }

  private static DatasetRejected rejected(Submissions.Submission submission) throws Exception {
    EventData end = submission.end();
    assertThat(end).as(String.valueOf(end)).isInstanceOf(DatasetRejected.class);
    return (DatasetRejected) end;
  }
}
