package io.affinage.cli.recipe;

import java.util.List;

/** A recipe that cannot run; every problem that was found, in the file's order. */
public final class RecipeException extends Exception {
  private final List<Problem> problems;

  /**
   * @param line counts from 1; 0 when the whole file is meant
   */
  public record Problem(int line, String message) {}

  public RecipeException(List<Problem> problems) {
    super(problems.size() + " problems in the recipe");
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
