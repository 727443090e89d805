/**
 * Measures tuned models against their bases, decides on them, and serves them. {@code statistics},
 * {@code dataset}, {@code model}, {@code metric} and {@code run} are the domain; {@code kafka},
 * {@code rest} and {@code config} the edges.
 */
package io.affinage.eval;
