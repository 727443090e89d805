/** Answering people: what can be asked of a model, and who may ask now. */
package io.affinage.eval.serving;
