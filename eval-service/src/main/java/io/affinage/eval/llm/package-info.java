/** The model library behind the seams of the domain: loading, sharing, measuring, answering. */
package io.affinage.eval.llm;
