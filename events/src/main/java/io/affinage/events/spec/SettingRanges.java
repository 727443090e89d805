package io.affinage.events.spec;

import io.affinage.events.objective.ObjectiveSpec;
import java.util.List;
import java.util.stream.Stream;

/**
 * What each setting of a training may be, said once: recipes, REST and the trainer read it here.
 * Integers have their least value, numbers their range, words their list.
 */
public final class SettingRanges {
  /** Two with a loss of their own, and every objective's name. */
  public static final List<String> METHODS =
      Stream.concat(Stream.of("sft", "pretrain"), Choices.names(ObjectiveSpec.class).stream())
          .toList();

  public static final List<String> SCHEDULES = List.of("constant", "linear", "cosine", "wsd");
  public static final List<String> OVERLENGTH = List.of("drop", "truncate", "fail");
  public static final List<String> TRAIN_ON = List.of("all_answers", "last_answer");
  public static final List<String> DTYPES = List.of("auto", "float32", "bfloat16");
  public static final List<String> SCOPES = List.of("all", "last_layers", "head", "embeddings");
  public static final List<String> OPTIMIZERS =
      List.of("adamw", "adamw_8bit", "adamw_companded", "adafactor", "lion", "sgd");

  public static final Range EPOCHS = new Range(0.001, 100_000);
  public static final Range LEARNING_RATE = new Range(1e-12, 1);
  public static final Range WARMUP_RATIO = new Range(0, 0.99);
  public static final Range WEIGHT_DECAY = new Range(0, 10);
  public static final Range MAX_GRAD_NORM = Range.from(0);
  public static final Range DECAY_RATIO = new Range(0, 1);
  public static final Range MIN_LEARNING_RATE_RATIO = new Range(0, 0.99);
  public static final Range BETA = new Range(0, 0.999999);
  public static final Range EPSILON = new Range(1e-16, 1);
  public static final Range RATE_FACTOR = new Range(0.001, 1000);
  public static final Range NEFTUNE_ALPHA = Range.from(0);
  public static final Range LABEL_SMOOTHING = new Range(0, 0.99);
  public static final Range EMA_DECAY = new Range(0, 0.999999);
  public static final Range MIN_IMPROVEMENT = Range.from(0);

  /** Of every count that must not be none: steps, rows, ranks, layers. */
  public static final int ONE = 1;

  /** Of every count that may be none, which switches something off. */
  public static final int NONE = 0;

  /** Tokens: one that predicts and one that is predicted. */
  public static final int MAX_LENGTH = 2;

  /** 256 bytes and the special tokens. */
  public static final int VOCABULARY = 260;

  private SettingRanges() {}
}
