/**
 * Models by id from a hub that speaks Hugging Face's HTTP API, downloaded once into a local cache
 * by commit. Every file is checked against the hash that the hub states before it appears in the
 * cache; interrupted downloads go on where they stopped.
 */
package io.affinage.llm.hub;
