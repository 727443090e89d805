/** Examples to rows of tokens: which tokens are targets, and how rows share a micro-batch. */
package io.affinage.llm.data;
