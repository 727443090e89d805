package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.PreferencePair;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import io.affinage.trainer.engine.BaseFolders;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What a reward model's training starts from: a language model, with an adapter or without, on
 * which a head begins anew; or a reward model, whose head is trained further.
 *
 * @param model the body
 * @param adapter a PEFT folder of a language model's adapter; empty where training begins anew
 * @param head [hidden]; empty for a new one
 * @param padding of the reward model that is gone on from
 */
record ScoreStart(
    LanguageModel model, Optional<Path> adapter, Optional<float[]> head, OptionalInt padding) {

  /**
   * Opens it.
   *
   * @param weights the form in which a language model is kept
   * @param opener of a language model in it
   * @param scratch takes files that live as long as the run
   * @throws LlmException {@code weight_form_unsupported} for a whole reward model in another form
   *     than plain
   */
  static ScoreStart open(
      BaseFolders base, Compute compute, WeightForm weights, BaseOpener opener, Path scratch) {
    Optional<float[]> head = Optional.empty();
    OptionalInt padding = OptionalInt.empty();
    LanguageModel model;
    if (RewardModel.isWhole(base.model())) {
      if (weights != WeightForm.PLAIN) {
        throw new LlmException(
            "weight_form_unsupported",
            "%s is a whole reward model, whose weights are not quantized: train beside a language model, or without quantization"
                .formatted(base.model()));
      }
      RewardModel.Body body = RewardModel.body(base.model(), compute);
      model = body.model();
      head = Optional.of(body.head());
      padding = body.rendering().padding();
    } else {
      model = opener.open(base.model());
    }
    Optional<Path> adapter = base.adapter();
    if (adapter.isPresent() && RewardModel.isAdapter(adapter.get())) {
      try {
        Path body = scratch.resolve("parent");
        ScoredAdapter.writeBody(adapter.get(), body);
        head = Optional.of(ScoredAdapter.headOf(adapter.get()));
        padding = Rendering.read(adapter.get()).map(Rendering::padding).orElse(OptionalInt.empty());
        adapter = Optional.of(body);
      } catch (RuntimeException e) {
        model.close();
        throw e;
      }
    }
    return new ScoreStart(model, adapter, head, padding);
  }

  /** How the texts of pairs are written: as most of them are. */
  Rendering rendering(List<PreferencePair> pairs, Stream<TokenizedExample> texts) {
    long chats = pairs.stream().filter(pair -> pair.chosen() instanceof Example.Chat).count();
    return Rendering.of(
        2 * chats >= pairs.size() ? Rendering.Form.CHAT : Rendering.Form.COMPLETION,
        model.definition(),
        model.decoder().shape().vocabularySize(),
        padding,
        texts.map(TokenizedExample::ids).toList());
  }

  /** The head that is trained. */
  ScalarHead openHead(TrainingSpec spec, Rendering rendering) {
    return head.map(weight -> ScalarHead.of(model.decoder(), weight, rendering.padding()))
        .orElseGet(() -> ScalarHead.initialise(model.decoder(), rendering.padding(), spec.seed()));
  }
}
