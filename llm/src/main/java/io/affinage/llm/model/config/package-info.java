/**
 * What a decoder is made of, read from a model's {@code config.json}: numbers and choices alone, no
 * tensors. One form covers every supported family; a family differs in values, not in code.
 */
package io.affinage.llm.model.config;
