package io.affinage.llm;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.ChangedBase;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.adapter.dora.DoraAdapter;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.DecoderInitializer;
import io.affinage.llm.model.ModelNotes;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.tensor.PrecisionProbe;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.TokenizerDefinition;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiFunction;

/**
 * A language model with its text side: decoder, tokenizer, chat template. Holds native memory until
 * closed. Not safe for use by several threads at once.
 */
public final class LanguageModel implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LanguageModel.class.getName());

  private final NDManager root;
  private final Decoder decoder;
  private final TokenizerDefinition definition;
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> chatTemplate;
  private final List<String> notes;

  private LanguageModel(
      NDManager root, Decoder decoder, TokenizerDefinition definition, List<String> notes) {
    this.root = root;
    this.decoder = decoder;
    this.definition = definition;
    this.tokenizer = Tokenizer.of(definition);
    this.chatTemplate = ChatTemplate.of(definition);
    this.notes = List.copyOf(notes);
  }

  /**
   * Opens a Hugging Face folder (safetensors), a GGUF file, or a folder that holds one.
   *
   * @throws LlmException with a code that names what is missing, damaged or not supported; {@code
   *     tokenizer_mismatch} where the tokenizer is of another model than the weights
   */
  public static LanguageModel open(Path path, Compute compute) {
    return open(path, compute, WeightForm.PLAIN);
  }

  /**
   * Opens a model in a form for generation and evaluation.
   *
   * @throws LlmException as above, and {@code weight_form_unsupported}
   */
  public static LanguageModel open(Path path, Compute compute, WeightForm form) {
    return open(path, compute, form, WeightForm.PLAIN);
  }

  /**
   * Opens a model in one form with the numbers that its linear layers have in another: what an
   * adapter was trained beside.
   *
   * @param trained the form of the base in that training
   * @throws LlmException as above
   */
  public static LanguageModel open(
      Path path, Compute compute, WeightForm form, WeightForm trained) {
    return open(path, compute, form, trained, Optional.empty());
  }

  /**
   * The same for an adapter whose training may have changed the base before it was quantized.
   *
   * @param adapter its PEFT folder; empty for the base alone
   * @throws LlmException as above; {@code adapter_invalid}
   */
  public static LanguageModel open(
      Path path, Compute compute, WeightForm form, WeightForm trained, Optional<Path> adapter) {
    return open(ChangedBase.beside(Checkpoint.open(path), trained, adapter), path, compute, form);
  }

  /**
   * Opens weights as a checkpoint shows them.
   *
   * @param path where its tokenizer is
   * @throws LlmException as above
   */
  public static LanguageModel open(
      Checkpoint checkpoint, Path path, Compute compute, WeightForm form) {
    return open(
        checkpoint,
        path,
        form == WeightForm.FOUR_BIT && compute.precision().isEmpty()
            ? new Compute(compute.device(), Optional.of(Precision.BFLOAT16))
            : compute,
        (root, precision) -> DecoderFiles.load(root, checkpoint, precision, form));
  }

  /**
   * Opens a folder with layers in NF4, which are read from it whenever they are needed ({@link
   * DecoderFiles#stream}): for training beside a model larger than memory.
   *
   * @throws LlmException as above, and {@code weights_not_quantized}
   */
  public static LanguageModel stream(Path path, Compute compute) {
    Checkpoint checkpoint = Checkpoint.open(path);
    return open(
        checkpoint,
        path,
        compute,
        (root, precision) -> DecoderFiles.stream(root, checkpoint, precision));
  }

  private static LanguageModel open(
      Checkpoint checkpoint,
      Path path,
      Compute compute,
      BiFunction<NDManager, Precision, Decoder> loader) {
    TokenizerDefinition definition = definition(checkpoint, path);
    NDManager root = NDManager.newBaseManager(compute.resolveDevice(), "PyTorch");
    try {
      Precision precision = compute.precision().orElseGet(() -> PrecisionProbe.fastest(root));
      Optional<String> beyond =
          VocabularyFit.require(
              definition, DecoderFiles.config(checkpoint).shape().vocabularySize());
      Decoder decoder = loader.apply(root, precision);
      List<String> notes = new ArrayList<>(ModelNotes.of(checkpoint, decoder.config()));
      beyond.ifPresent(notes::add);
      unnamedTemplates(definition).ifPresent(notes::add);
      notes.forEach(note -> LOG.log(Level.INFO, "{0}: {1}", path, note));
      return new LanguageModel(root, decoder, definition, notes);
    } catch (RuntimeException e) {
      root.close();
      throw e;
    }
  }

  private static Optional<String> unnamedTemplates(TokenizerDefinition definition) {
    Map<String, String> templates = definition.chatTemplates();
    return templates.isEmpty() || templates.containsKey(TokenizerDefinition.DEFAULT)
        ? Optional.empty()
        : Optional.of(
            "The tokenizer has chat templates (%s), but none is called %s, so the model is taken as one without: name one so in tokenizer_config.json, or put it in chat_template.jinja."
                .formatted(
                    String.join(", ", new TreeSet<>(templates.keySet())),
                    TokenizerDefinition.DEFAULT));
  }

  /** The text side of the model at the path, inside a GGUF file or beside safetensors. */
  static TokenizerDefinition definition(Checkpoint checkpoint, Path path) {
    return checkpoint
        .tokenizer()
        .map(GgufVocabularies::of)
        .map(TokenizerDefinition::fromGguf)
        .orElseGet(() -> TokenizerDefinition.fromFolder(folderOf(path)));
  }

  private static Path folderOf(Path path) {
    return Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
  }

  /**
   * A new, untrained model in float32.
   *
   * @param seed the same seed gives the same bits
   */
  public static LanguageModel initialise(
      DecoderConfig config, TokenizerDefinition definition, long seed, Compute compute) {
    NDManager root = NDManager.newBaseManager(compute.resolveDevice(), "PyTorch");
    try {
      return new LanguageModel(
          root, DecoderInitializer.create(root, config, seed), definition, List.of());
    } catch (RuntimeException e) {
      root.close();
      throw e;
    }
  }

  public Decoder decoder() {
    return decoder;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  public TokenizerDefinition definition() {
    return definition;
  }

  /** Empty where the model is a plain text model. */
  public Optional<ChatTemplate> chatTemplate() {
    return chatTemplate;
  }

  /** What the model's files hold or say that is left out here, in sentences; mostly none. */
  public List<String> notes() {
    return notes;
  }

  /**
   * Loads a PEFT adapter that was made for this model.
   *
   * @throws LlmException {@code adapter_invalid}, {@code adapter_unsupported}
   */
  public Adapter loadAdapter(Path folder) {
    return PeftFolder.load(decoder, folder);
  }

  /**
   * Loads a PEFT adapter that was made for this model, to train it further.
   *
   * @param config what it must be; its dropout may be another than the file's
   * @throws LlmException as above, and {@code adapter_does_not_fit} where it is another
   */
  public LoraAdapter continueAdapter(Path folder, LoraConfig config) {
    return PeftFolder.loadAs(decoder, folder, config);
  }

  /** The same of a DoRA adapter. */
  public DoraAdapter continueDora(Path folder, LoraConfig config) {
    return PeftFolder.loadDoraAs(decoder, folder, config);
  }

  @Override
  public void close() {
    tokenizer.close();
    decoder.close();
    root.close();
  }
}
