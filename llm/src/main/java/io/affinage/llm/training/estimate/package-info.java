/**
 * What a training takes in memory and work, computed from a model's configuration: nothing is
 * loaded.
 */
package io.affinage.llm.training.estimate;
