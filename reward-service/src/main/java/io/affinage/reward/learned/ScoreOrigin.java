package io.affinage.reward.learned;

import io.affinage.events.ModelRegistered;
import io.affinage.events.quantization.QuantizationSpec;
import java.util.Optional;

/**
 * What the scores of a reward model follow from, beside the text: two registrations that agree in
 * it give the same.
 *
 * @param model digest of its files
 * @param base digest of what an adapter stands on; empty text for a model of its own
 * @param weightForm of the base, in which an adapter was trained; empty text for plain weights
 */
record ScoreOrigin(String model, String base, String weightForm) {

  static ScoreOrigin of(ModelRegistered model) {
    return new ScoreOrigin(
        model.model().digest(),
        model.base() == null ? "" : model.base().digest(),
        weightForm(model).orElse(""));
  }

  /** The form of the base's weights that a model was trained beside; empty for plain ones. */
  static Optional<String> weightForm(ModelRegistered model) {
    return model.kind() == ModelRegistered.Kind.ADAPTER
        ? Optional.ofNullable(model.lineage().spec().quantization())
            .map(QuantizationSpec::weightForm)
        : Optional.empty();
  }
}
