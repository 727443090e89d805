package io.affinage.trainer.base;

import io.affinage.events.ArtifactRef;

/**
 * A base model that was found.
 *
 * @param name as it is written into adapters and registrations
 * @param folder its files in the artifact store; null for a model from scratch
 */
public record BaseModel(String name, ArtifactRef folder) {

  private static final int MAX_SHORT_NAME = 80;

  /**
   * A part of model ids: the last word of the name, without characters that ids lack, and not
   * longer than leaves room for the rest of an id.
   */
  public String shortName() {
    String last = name.substring(name.lastIndexOf('/') + 1);
    int colon = last.lastIndexOf(':');
    if (name.startsWith("artifact:")) {
      last = "base-" + last.substring(colon + 1, Math.min(last.length(), colon + 9));
    } else if (last.indexOf(':') > 0) {
      last = last.substring(0, last.indexOf(':'));
    }
    String clean = last.replaceAll("[^A-Za-z0-9_.-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
    return clean.isEmpty() ? "model" : clean.substring(0, Math.min(clean.length(), MAX_SHORT_NAME));
  }
}
