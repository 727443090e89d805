package io.affinage.dataset.ingest;

/** The parts of a dataset version. */
public enum Split {
  TRAIN("train"),
  VALIDATION("validation"),
  TEST("test");

  private final String label;

  Split(String label) {
    this.label = label;
  }

  /** The name in reports, events and of the file. */
  public String label() {
    return label;
  }

  String file() {
    return label + ".jsonl";
  }
}
