package io.affinage.events.spec;

import io.affinage.events.TrainingSpec.Adapter;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/**
 * An adapter that training goes on from. Its matrices are trained further, so what gives them their
 * shape and scale is what it has; dropout may be another.
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
  static Adapter continued(Adapter parent, Adapter given, boolean pretrain, Problems problems) {
    if (pretrain) {
      problems.add("method", "is 'pretrain', which trains all weights" + WHY);
    }
    Adapter asked = given == null ? new Adapter(null, null, null, null, null, null) : given;
    same("type", asked.type(), parent.type(), problems);
    same("rank", asked.rank(), parent.rank(), problems);
    same("loraAlpha", asked.loraAlpha(), parent.loraAlpha(), problems);
    same("useRslora", asked.useRslora(), parent.useRslora(), problems);
    if (asked.targetModules() != null) {
      Set<String> wanted = new HashSet<>(asked.targetModules());
      same("targetModules", wanted, new HashSet<>(parent.targetModules()), problems);
    }
    return new Adapter(
        parent.type(),
        parent.rank(),
        parent.loraAlpha(),
        problems.within(
            "adapter.loraDropout",
            asked.loraDropout(),
            parent.loraDropout(),
            SettingRanges.LORA_DROPOUT),
        parent.useRslora(),
        parent.targetModules());
  }

  private static void same(String name, Object asked, Object has, Problems problems) {
    if (asked != null && !Objects.equals(asked, has)) {
      problems.add("adapter." + name, "is %s%s, which has %s".formatted(asked, WHY, has));
    }
  }
}
