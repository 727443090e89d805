/** The model library behind the domain's seams. */
package io.affinage.trainer.llm;
