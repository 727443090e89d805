package io.affinage.events.spec;

import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import org.jspecify.annotations.Nullable;

/**
 * An adapter that training goes on from. Its parameters are trained further, so what gives them
 * their shape and scale is what it has; dropout may be another.
 */
final class ParentAdapter {
  private static final String WHY =
      ", but the base is an adapter that is trained on: leave it out, or export the adapter merged"
          + " into its base (affinage export --format hf) and give that folder as the model";

  private ParentAdapter() {}

  /**
   * The settings of the adapter that comes of it.
   *
   * @param parent resolved, as the adapter was trained
   * @param given what is asked for; null fields take the parent's
   */
  static AdapterSpec continued(
      AdapterSpec parent, @Nullable AdapterSpec given, boolean pretrain, Problems problems) {
    if (pretrain) {
      problems.add("method", "is 'pretrain', which trains all weights" + WHY);
    }
    if (parent instanceof LoraSpec lora && lora.changesBase()) {
      problems.add(
          "adapter.initLoraWeights",
          "is '%s' of the adapter that is trained on, which belongs to a base of other weights: export it merged into its base (affinage export --format hf) and give that folder as the model"
              .formatted(lora.initLoraWeights()));
    }
    if (given == null) {
      return parent;
    }
    if (given.getClass() != parent.getClass()) {
      problems.add(
          "adapter.type",
          "is %s%s, which has %s"
              .formatted(
                  Choices.name(AdapterSpec.class, given),
                  WHY,
                  Choices.name(AdapterSpec.class, parent)));
      return parent;
    }
    return (AdapterSpec)
        Settings.continued((Record) parent, (Record) given, "adapter", WHY, problems);
  }
}
