package io.affinage.llm.training;

import java.util.List;

/** log p of targets under the model that a stage starts from. */
interface Reference {

  /**
   * log p of the targets of each member of a part, in order, nats: each [targets].
   *
   * @param thread 0, or 1 for the second half
   */
  List<float[]> of(GroupRow part, int thread);
}
