/** Recipes: one YAML file that says what to train, on what, and when it is good enough. */
package io.affinage.cli.recipe;
