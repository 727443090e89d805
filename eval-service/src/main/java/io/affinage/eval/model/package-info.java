/** What an evaluation asks of a language model, whatever runs it. */
package io.affinage.eval.model;
