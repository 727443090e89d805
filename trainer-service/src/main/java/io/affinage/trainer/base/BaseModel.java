package io.affinage.trainer.base;

import io.affinage.events.ArtifactRef;

/**
 * A base model that was found.
 *
 * @param name as it is written into registrations
 * @param folder the whole model's files in the artifact store; null for a model from scratch
 * @param adapter the adapter on it that training goes on from; null for none
 * @param origin a hub id or a path by which its user knows the whole model; null where only the
 *     store does
 */
public record BaseModel(String name, ArtifactRef folder, ArtifactRef adapter, String origin) {

  /** A whole model that has no other name. */
  public BaseModel(String name, ArtifactRef folder) {
    this(name, folder, null, null);
  }

  /**
   * What adapters in the store name as their base. It follows from the files alone, as the
   * adapter's own bits do; exports put the user's name there.
   */
  public String nameInAdapters() {
    return adapter == null ? name : "artifact:" + folder.digest();
  }

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
