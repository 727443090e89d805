package io.affinage.llm.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.objective.Signal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * An iteration and its scores as safetensors files, bit for bit, which other tools can read too.
 *
 * <p>Rollouts: {@code __metadata__} {"affinage.rollouts": JSON of number, policy, sampling, longest
 * answer and ids of prompts}; {@code prompt.tokens} I32 [all], {@code prompt.lengths} I32
 * [prompts]; of each answer {@code prompt} (index) I32, {@code sample} I32, {@code length} I32,
 * {@code stopped} U8 [answers]; {@code tokens} I32 and {@code logp} F64 [all], and a F32 [all]
 * {@code signal.NAME} for each signal. Scores: {@code scores} F64 [answers], NaN where there is
 * none.
 *
 * <p>Error codes: {@code rollouts_not_read}, and those of safetensors files.
 */
public final class RolloutFile {
  private static final String TEXT = "affinage.rollouts";
  private static final String SIGNAL = "signal.";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What of an iteration is no array. */
  private record Head(
      int version,
      int number,
      String policy,
      Sampling sampling,
      int maxNewTokens,
      List<String> prompts) {}

  private RolloutFile() {}

  /**
   * Writes an iteration.
   *
   * @throws LlmException {@code checkpoint_not_written}
   */
  public static void write(Iteration iteration, Path file) {
    Map<String, RolloutPrompt> prompts = new LinkedHashMap<>();
    iteration.rollouts().forEach(each -> prompts.putIfAbsent(each.prompt().id(), each.prompt()));
    List<String> ids = List.copyOf(prompts.keySet());
    List<Rollout> rollouts = iteration.rollouts();
    SafetensorsWriter writer = new SafetensorsWriter();
    writer.metadata(
        TEXT,
        json(
            new Head(
                1,
                iteration.number(),
                iteration.policy(),
                iteration.sampling(),
                iteration.maxNewTokens(),
                ids)));
    add(writer, "prompt.lengths", prompts.values().stream().mapToInt(p -> p.ids().length));
    add(
        writer,
        "prompt.tokens",
        prompts.values().stream().flatMapToInt(each -> Arrays.stream(each.ids())));
    Map<String, Integer> index = new LinkedHashMap<>();
    ids.forEach(id -> index.put(id, index.size()));
    add(writer, "prompt", ints(rollouts, each -> index.get(each.prompt().id())));
    add(writer, "sample", ints(rollouts, Rollout::sample));
    add(writer, "length", ints(rollouts, each -> each.answer().ids().length));
    add(
        writer,
        "tokens",
        rollouts.stream().flatMapToInt(each -> Arrays.stream(each.answer().ids())));
    byte[] stopped = new byte[rollouts.size()];
    for (int i = 0; i < stopped.length; i++) {
      stopped[i] =
          (byte) (rollouts.get(i).answer().finish() == GeneratedTokens.Finish.STOP ? 1 : 0);
    }
    writer.add("stopped", StorageType.U8, new long[] {stopped.length}, ByteBuffer.wrap(stopped));
    add(
        writer,
        "logp",
        rollouts.stream()
            .flatMapToDouble(each -> Arrays.stream(each.answer().logProbabilities()))
            .toArray());
    for (Signal signal : rollouts.get(0).signals().keySet()) {
      writer.add(SIGNAL + signal.name(), together(rollouts, signal), tokens(rollouts));
    }
    writer.write(file);
  }

  /**
   * Reads an iteration.
   *
   * @throws LlmException {@code rollouts_not_read} where the file is none
   */
  public static Iteration read(Path path) {
    Checkpoint file = Checkpoint.openSafetensors(path);
    Head head = head(file, path);
    int[] promptLengths = ints(file, "prompt.lengths");
    int[] promptTokens = ints(file, "prompt.tokens");
    if (promptLengths.length != head.prompts().size()) {
      throw unread(path, "its prompts and their lengths differ in number", null);
    }
    List<RolloutPrompt> prompts = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < promptLengths.length; i++) {
      int to = at + promptLengths[i];
      prompts.add(
          new RolloutPrompt(head.prompts().get(i), Arrays.copyOfRange(promptTokens, at, to)));
      at = to;
    }
    int[] prompt = ints(file, "prompt");
    int[] sample = ints(file, "sample");
    int[] length = ints(file, "length");
    int[] tokens = ints(file, "tokens");
    double[] logp = doubles(file, "logp");
    ByteBuffer stopped = file.bytes(file.entry("stopped"));
    if (IntStream.of(length).sum() != tokens.length || logp.length != tokens.length) {
      throw unread(path, "its answers have not as many tokens as they say", null);
    }
    Map<Signal, float[]> signals = signals(file);
    List<Rollout> rollouts = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < length.length; i++) {
      int begin = from;
      int end = begin + length[i];
      Map<Signal, float[]> own = new EnumMap<>(Signal.class);
      signals.forEach((signal, values) -> own.put(signal, Arrays.copyOfRange(values, begin, end)));
      rollouts.add(
          new Rollout(
              prompts.get(prompt[i]),
              sample[i],
              new GeneratedTokens(
                  Arrays.copyOfRange(tokens, begin, end),
                  Arrays.copyOfRange(logp, begin, end),
                  stopped.get(i) == 1
                      ? GeneratedTokens.Finish.STOP
                      : GeneratedTokens.Finish.LENGTH),
              own));
      from = end;
    }
    return new Iteration(
        head.number(), head.policy(), head.sampling(), head.maxNewTokens(), rollouts);
  }

  /**
   * Writes scores in the order of their answers.
   *
   * @throws LlmException {@code checkpoint_not_written}
   */
  public static void writeScores(List<OptionalDouble> scores, Path file) {
    SafetensorsWriter writer = new SafetensorsWriter();
    add(writer, "scores", scores.stream().mapToDouble(s -> s.orElse(Double.NaN)).toArray());
    writer.write(file);
  }

  /** Reads scores in the order of their answers. */
  public static List<OptionalDouble> readScores(Path file) {
    return Arrays.stream(doubles(Checkpoint.openSafetensors(file), "scores"))
        .mapToObj(s -> Double.isNaN(s) ? OptionalDouble.empty() : OptionalDouble.of(s))
        .toList();
  }

  private static Map<Signal, float[]> signals(Checkpoint file) {
    Map<Signal, float[]> signals = new EnumMap<>(Signal.class);
    for (String name : file.names()) {
      if (name.startsWith(SIGNAL)) {
        signals.put(Signal.valueOf(name.substring(SIGNAL.length())), file.readFloats(name));
      }
    }
    return signals;
  }

  private static float[] together(List<Rollout> rollouts, Signal signal) {
    float[] all = new float[tokens(rollouts)];
    int at = 0;
    for (Rollout each : rollouts) {
      float[] own = each.signals().get(signal);
      int length = each.answer().ids().length;
      if (own == null || own.length != length) {
        throw new IllegalArgumentException(
            "%s of %s is not one number for each token".formatted(signal, each.id()));
      }
      System.arraycopy(own, 0, all, at, length);
      at += length;
    }
    return all;
  }

  private static int tokens(List<Rollout> rollouts) {
    return rollouts.stream().mapToInt(each -> each.answer().ids().length).sum();
  }

  private static IntStream ints(List<Rollout> rollouts, ToIntFunction<Rollout> of) {
    return rollouts.stream().mapToInt(of);
  }

  private static void add(SafetensorsWriter writer, String name, IntStream numbers) {
    int[] values = numbers.toArray();
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    writer.add(name, StorageType.I32, new long[] {values.length}, bytes);
  }

  private static void add(SafetensorsWriter writer, String name, double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    writer.add(name, StorageType.F64, new long[] {values.length}, bytes);
  }

  private static int[] ints(Checkpoint file, String name) {
    int[] values = new int[elements(file, name, StorageType.I32)];
    file.bytes(file.entry(name)).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(values);
    return values;
  }

  private static double[] doubles(Checkpoint file, String name) {
    double[] values = new double[elements(file, name, StorageType.F64)];
    file.bytes(file.entry(name)).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
    return values;
  }

  private static int elements(Checkpoint file, String name, StorageType type) {
    TensorEntry entry = file.entry(name);
    if (entry.type() != type) {
      throw unread(entry.file(), "%s is %s, not %s".formatted(name, entry.type(), type), null);
    }
    return Math.toIntExact(entry.elements());
  }

  private static Head head(Checkpoint file, Path path) {
    String text = file.texts().get(TEXT);
    if (text == null) {
      throw unread(path, "it does not say of which iteration it is", null);
    }
    try {
      Head head = JSON.readValue(text, new TypeReference<Head>() {});
      if (head.version() != 1) {
        throw unread(path, "it is of version %d, not 1".formatted(head.version()), null);
      }
      return head;
    } catch (JsonProcessingException e) {
      throw unread(path, e.getMessage(), e);
    }
  }

  private static LlmException unread(Path path, String why, Exception cause) {
    return new LlmException(
        "rollouts_not_read", "%s holds no rollouts: %s".formatted(path, why), cause);
  }

  private static String json(Head head) {
    try {
      return JSON.writeValueAsString(head);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
