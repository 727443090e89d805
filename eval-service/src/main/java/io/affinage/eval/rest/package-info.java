/** HTTP as OpenAI's clients speak it, and evaluations beside it. */
package io.affinage.eval.rest;
