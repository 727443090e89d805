package io.affinage.broker.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/**
 * Records that no reader may stumble over, made from good ones: CloudEvents in binary mode with
 * JSON as value. Some cannot be read at all, some are well-formed and say nonsense. The same seed
 * gives the same records. None is larger than what Kafka takes by default.
 */
public final class HostileRecords {
  private static final long READ_AT_MILLIS = 1_767_323_045_678L;
  private static final List<String> TYPES =
      List.of(
          "file.uploaded",
          "dataset.submitted",
          "dataset.ready",
          "training.requested",
          "training.claimed",
          "training.heartbeat",
          "training.progressed",
          "model.registered",
          "reward.requested",
          "reward.scored",
          "reward.external-scored",
          "evaluation.requested",
          "evaluation.completed",
          "model.promoted");
  private static final List<String> TIMES =
      List.of(
          "",
          "yesterday",
          "+999999999-12-31T23:59:59Z",
          "-999999999-01-01T00:00:00Z",
          "9999-12-31T23:59:59.999999999Z",
          "0000-01-01T00:00:00Z",
          "2026-13-45T99:99:99Z",
          "1e999",
          "2026-01-02T03:04:05+18:00");
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-1",
          "-0.0",
          "2147483647",
          "-2147483648",
          "2147483648",
          "9223372036854775807",
          "-9223372036854775808",
          "9223372036854775808",
          "0.5",
          "1e308",
          "-1e308",
          "5e-324",
          "1e400",
          "1e999999999",
          "1e-999999999",
          "NaN",
          "Infinity",
          "-Infinity",
          "0x10",
          "01",
          "1.",
          "9".repeat(1_000),
          "9".repeat(1_001),
          "0." + "3".repeat(2_000));
  private static final List<String> TEXTS =
      List.of(
          "\"\"",
          "\" \"",
          "\"../../../../tmp/x\"",
          "\"a/b\"",
          "\"/\"",
          "\"a b\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "\"\\u001b[2J\"",
          "\"%s%n%d\"",
          "\"${jndi:ldap://x}\"",
          "\"{{x}}\"",
          "\"a\\nb\"",
          "\"\\u202e\"",
          "\"\uD83D\uDE00\"",
          "\"file:///etc/passwd\"",
          "\"http://127.0.0.1:1/\"",
          "\"sha256:zz\"",
          "\"NaN\"",
          "\"null\"",
          "\"true\"",
          "\"" + "x".repeat(1_025) + "\"",
          "\"" + "y".repeat(60_000) + "\"",
          "\"" + "\\u0041".repeat(20_000) + "\"");
  private static final List<String> OTHERS =
      List.of(
          "null",
          "true",
          "false",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "[{}]",
          "{\"\":{}}",
          "[1,\"a\",null]",
          "{\"kind\":\"x\"}",
          "{\"reward\":\"x\"}",
          nested("[", "]", 400),
          nested("{\"a\":", "}", 400));

  /** A member of an object with a short scalar, and where the scalar is. */
  private static final Pattern SCALAR =
      Pattern.compile("\"\\w+\":(-?[0-9][0-9.eE+-]*|\"[^\"\\\\]{0,200}+\"|true|false|null)");

  /** A member of an object, whatever it holds; the value is not matched. */
  private static final Pattern NAME = Pattern.compile("\"(\\w+)\":");

  private final Random random;
  private final List<Kind> kinds = new ArrayList<>();

  /** One way to spoil a record. */
  private record Kind(String name, BiFunction<Draft, Random, Draft> spoil) {}

  /**
   * A record that nobody should send.
   *
   * @param kind how it was made, for messages
   */
  public record Hostile(String kind, ProducerRecord<byte[], byte[]> record) {}

  private record Draft(byte[] key, byte[] value, Headers headers) {
    String text() {
      return value == null ? "" : new String(value, UTF_8);
    }

    Draft withKey(byte[] other) {
      return new Draft(other, value, headers);
    }

    Draft with(byte[] other) {
      return new Draft(key, other, headers);
    }

    Draft with(String other) {
      return with(other.getBytes(UTF_8));
    }

    Draft withHeader(String name, byte[] content) {
      Headers changed = new RecordHeaders(headers);
      changed.remove(name);
      if (content != null) {
        changed.add(name, content);
      }
      return new Draft(key, value, changed);
    }
  }

  /**
   * @param seed of all that is chosen
   */
  public HostileRecords(long seed) {
    random = new Random(seed);
    headerKinds();
    keyKinds();
    valueKinds();
    memberKinds();
  }

  /** One of every kind, in a fixed order. */
  public Stream<Hostile> each(ProducerRecord<byte[], byte[]> good) {
    return kinds.stream().map(kind -> spoilt(kind.name(), kind.spoil(), good));
  }

  /** Of kinds by chance; of well-formed ones that say nonsense most often. */
  public Stream<Hostile> some(ProducerRecord<byte[], byte[]> good, int count) {
    List<Kind> nonsense = kinds.stream().filter(kind -> kind.name().startsWith("member")).toList();
    return Stream.generate(
            () -> {
              Kind first = pick(random.nextInt(3) == 0 ? kinds : nonsense);
              if (random.nextInt(4) > 0) {
                return spoilt(first.name(), first.spoil(), good);
              }
              Kind second = pick(nonsense);
              return spoilt(
                  first.name() + " and " + second.name(),
                  (draft, chance) ->
                      first.spoil().apply(second.spoil().apply(draft, chance), chance),
                  good);
            })
        .limit(count);
  }

  private Hostile spoilt(
      String name, BiFunction<Draft, Random, Draft> spoil, ProducerRecord<byte[], byte[]> good) {
    Draft draft = spoil.apply(new Draft(good.key(), good.value(), copy(good.headers())), random);
    return new Hostile(
        name + " on " + good.topic(),
        new ProducerRecord<>(
            good.topic(), good.partition(), draft.key(), draft.value(), draft.headers()));
  }

  private static Headers copy(Headers headers) {
    Headers copy = new RecordHeaders();
    for (Header header : headers) {
      copy.add(header);
    }
    return copy;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private void kind(String name, BiFunction<Draft, Random, Draft> spoil) {
    kinds.add(new Kind(name, spoil));
  }

  private void value(String name, byte[] value) {
    kind("value: " + name, (draft, chance) -> draft.with(value));
  }

  private void headerKinds() {
    kind("headers: none", (draft, chance) -> new Draft(draft.key(), draft.value(), headers()));
    for (String name :
        List.of("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type")) {
      kind("headers: no " + name, (draft, chance) -> draft.withHeader(name, null));
      kind("headers: empty " + name, (draft, chance) -> draft.withHeader(name, new byte[0]));
      kind(
          "headers: no text in " + name,
          (draft, chance) -> draft.withHeader(name, new byte[] {(byte) 0xff, 0, (byte) 0xc0}));
    }
    for (String name :
        List.of("ce_id", "ce_source", "ce_subject", "ce_correlationid", "ce_traceparent", "junk")) {
      kind(
          "headers: huge " + name,
          (draft, chance) -> draft.withHeader(name, "h".repeat(200_000).getBytes(UTF_8)));
      kind(
          "headers: odd " + name,
          (draft, chance) ->
              draft.withHeader(name, TEXTS.get(chance.nextInt(TEXTS.size())).getBytes(UTF_8)));
    }
    kind(
        "headers: thousands",
        (draft, chance) -> {
          Headers many = copy(draft.headers());
          for (int i = 0; i < 5_000; i++) {
            many.add("ce_x" + i, new byte[] {1});
          }
          return new Draft(draft.key(), draft.value(), many);
        });
    kind(
        "headers: other type",
        (draft, chance) ->
            draft.withHeader(
                "ce_type",
                ("io.affinage." + TYPES.get(chance.nextInt(TYPES.size())) + ".v1")
                    .getBytes(UTF_8)));
    kind(
        "headers: unknown type",
        (draft, chance) -> draft.withHeader("ce_type", "io.affinage.no.such.v9".getBytes(UTF_8)));
    kind(
        "headers: other subject",
        (draft, chance) -> draft.withHeader("ce_subject", "another".getBytes(UTF_8)));
    kind(
        "headers: odd time",
        (draft, chance) ->
            draft.withHeader("ce_time", TIMES.get(chance.nextInt(TIMES.size())).getBytes(UTF_8)));
    kind(
        "headers: encoded",
        (draft, chance) ->
            draft.withHeader("content-type", "application/avro; x=\u0000".getBytes(UTF_8)));
  }

  private void keyKinds() {
    kind("key: none", (draft, chance) -> draft.withKey(null));
    kind("key: empty", (draft, chance) -> draft.withKey(new byte[0]));
    kind("key: another", (draft, chance) -> draft.withKey("another".getBytes(UTF_8)));
    kind("key: no text", (draft, chance) -> draft.withKey(new byte[] {(byte) 0xfe, 0, 1}));
    kind("key: huge", (draft, chance) -> draft.withKey(new byte[300_000]));
  }

  private void valueKinds() {
    value("none", null);
    value("empty", new byte[0]);
    value("null", "null".getBytes(UTF_8));
    value("array", "[]".getBytes(UTF_8));
    value("object", "{}".getBytes(UTF_8));
    value("text", "\"x\"".getBytes(UTF_8));
    value("zeros", new byte[900_000]);
    value("gzip", new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3});
    for (int depth : new int[] {501, 1_001, 20_000, 120_000}) {
      value(depth + " arrays", nested("[", "]", depth).getBytes(UTF_8));
      value(depth + " open arrays", "[".repeat(depth).getBytes(UTF_8));
      kind(
          "value: a member of %d objects".formatted(depth),
          (draft, chance) -> appended(draft, "\"deep\":" + nested("{\"a\":", "}", depth)));
    }
    kind("value: huge name", (d, chance) -> appended(d, "\"" + "n".repeat(50_001) + "\":1"));
    kind("value: huge text", (d, chance) -> appended(d, "\"t\":\"" + "t".repeat(200_000) + "\""));
    kind("value: huge number", (d, chance) -> appended(d, "\"n\":" + "9".repeat(1_001)));
    kind("value: unending number", (d, chance) -> appended(d, "\"n\":" + "1".repeat(100_000)));
    kind("value: infinite number", (d, chance) -> appended(d, "\"n\":1e400"));
    kind("value: half a pair", (d, chance) -> appended(d, "\"n\":\"\\ud83d\""));
    kind("value: half a pair as name", (d, chance) -> appended(d, "\"\\ud83d\":1"));
    kind(
        "value: no UTF-8",
        (d, chance) -> d.with(d.text().replace("a", "\u00ff").getBytes(ISO_8859_1)));
    kind("value: UTF-16", (d, chance) -> d.with(d.text().getBytes(UTF_16)));
    kind("value: byte order mark", (d, chance) -> d.with("\uFEFF" + d.text()));
    kind("value: twice", (d, chance) -> d.with(d.text() + d.text()));
    kind("value: comment", (d, chance) -> d.with("/* x */" + d.text()));
    kind("value: single quotes", (d, chance) -> d.with(d.text().replace('"', '\'')));
    kind(
        "value: cut",
        (d, chance) ->
            d.with(d.text().substring(0, chance.nextInt(Math.max(1, d.text().length())))));
    kind(
        "value: a wrong byte",
        (d, chance) -> {
          byte[] bytes = d.text().getBytes(UTF_8);
          if (bytes.length > 0) {
            bytes[chance.nextInt(bytes.length)] = (byte) chance.nextInt(256);
          }
          return d.with(bytes);
        });
    kind(
        "value: any bytes",
        (d, chance) -> {
          byte[] bytes = new byte[chance.nextInt(2_000)];
          chance.nextBytes(bytes);
          return d.with(bytes);
        });
    kind(
        "value: a thousand members",
        (d, chance) -> {
          StringBuilder more = new StringBuilder("\"m\":1");
          for (int i = 0; i < 1_000; i++) {
            more.append(",\"m").append(i).append("\":").append(i);
          }
          return appended(d, more.toString());
        });
  }

  private static Draft appended(Draft draft, String member) {
    String text = draft.text();
    int end = text.lastIndexOf('}');
    return end < 0
        ? draft
        : draft.with(text.substring(0, end) + (end > 1 ? "," : "") + member + text.substring(end));
  }

  private void memberKinds() {
    for (List<String> values : List.of(NUMBERS, TEXTS, OTHERS)) {
      for (String other : values) {
        String name = other.length() > 40 ? other.substring(0, 40) + "..." : other;
        kind("member: " + name, (draft, chance) -> scalar(draft, chance, other, false));
        kind("member and key: " + name, (draft, chance) -> scalar(draft, chance, other, true));
      }
    }
    kind(
        "member: twice",
        (draft, chance) -> {
          List<MatchResult> found = find(SCALAR, draft.text());
          return found.isEmpty()
              ? draft
              : appended(draft, found.get(chance.nextInt(found.size())).group());
        });
    kind(
        "member: renamed",
        (draft, chance) -> {
          List<MatchResult> found = find(NAME, draft.text());
          if (found.isEmpty()) {
            return draft;
          }
          MatchResult one = found.get(chance.nextInt(found.size()));
          String text = draft.text();
          return draft.with(text.substring(0, one.start(1)) + "x" + text.substring(one.start(1)));
        });
  }

  /**
   * Puts another value in the place of a scalar.
   *
   * @param ofKey the one that is also the record's key, and the key and subject with it
   */
  private static Draft scalar(Draft draft, Random chance, String other, boolean ofKey) {
    String text = draft.text();
    String key = draft.key() == null ? null : "\"" + new String(draft.key(), UTF_8) + "\"";
    List<MatchResult> found =
        find(SCALAR, text).stream().filter(one -> !ofKey || one.group(1).equals(key)).toList();
    if (found.isEmpty()) {
      return draft;
    }
    MatchResult one = found.get(chance.nextInt(found.size()));
    Draft changed =
        draft.with(text.substring(0, one.start(1)) + other + text.substring(one.end(1)));
    if (!ofKey || !other.startsWith("\"")) {
      return changed;
    }
    byte[] id = unescaped(other.substring(1, other.length() - 1)).getBytes(UTF_8);
    return changed.withKey(id).withHeader("ce_subject", id);
  }

  private static String unescaped(String json) {
    return Pattern.compile("\\\\u(....)|\\\\n")
        .matcher(json)
        .replaceAll(
            match ->
                match.group(1) == null
                    ? "\n"
                    : Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(match.group(1), 16))));
  }

  private static List<MatchResult> find(Pattern pattern, String text) {
    return pattern.matcher(text).results().toList();
  }

  private static String nested(String open, String close, int depth) {
    return open.repeat(depth) + (open.equals("[") ? "" : "1") + close.repeat(depth);
  }

  private static Headers headers() {
    return new RecordHeaders();
  }

  /** What a reader gets of a record that was sent: a partition, an offset and a time are added. */
  public static ConsumerRecord<byte[], byte[]> asRead(ProducerRecord<byte[], byte[]> sent) {
    return new ConsumerRecord<>(
        sent.topic(),
        0,
        0,
        READ_AT_MILLIS,
        TimestampType.CREATE_TIME,
        -1,
        -1,
        sent.key(),
        sent.value(),
        sent.headers(),
        Optional.empty());
  }
}
