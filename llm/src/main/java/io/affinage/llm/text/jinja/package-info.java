/**
 * The Jinja language of chat templates, with Python's semantics and the settings of transformers
 * ({@code trim_blocks}, {@code lstrip_blocks}, loop controls, {@code generation} tags).
 *
 * <p>Why not a library: the only maintained engine on the JVM (HubSpot's jinjava 2.8.4) renders 12
 * of the 53 templates of known models in Hugging Face's own test suite, prints template source into
 * the prompt where it cannot parse it, evaluates expressions by the rules of Java's EL, and knows
 * nothing of {@code generation} tags, from which training takes its masks. Templates come with
 * models from strangers: nothing here reflects on Java objects, and output, steps and depth are
 * bounded.
 */
package io.affinage.llm.text.jinja;
