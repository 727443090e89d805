/**
 * What a finished model's folder holds beside its weights, so that Hugging Face's tools load it.
 */
package io.affinage.llm.export;
