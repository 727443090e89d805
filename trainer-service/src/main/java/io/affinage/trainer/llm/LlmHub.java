package io.affinage.trainer.llm;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.hub.HubId;
import io.affinage.llm.hub.HubProgress;
import io.affinage.llm.hub.ModelHub;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.base.HubModels;
import io.affinage.trainer.engine.TrainingException;
import java.nio.file.Path;

/** Hub downloads by the model library. */
public final class LlmHub implements HubModels {
  private final ModelHub hub;

  public LlmHub(ModelHub hub) {
    this.hub = hub;
  }

  @Override
  public Path fetch(String name, String revision) throws TrainingException {
    try {
      return hub.fetch(
          HubId.parse(revision == null ? name : name + "@" + revision), HubProgress.SILENT);
    } catch (LlmException e) {
      String code = e.code().equals("hub_not_found") ? BaseReference.NOT_FOUND : e.code();
      throw new TrainingException(code, e.getMessage(), "model", e);
    }
  }
}
