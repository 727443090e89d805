/**
 * Turns what a producer submits into a dataset version: read, validate, normalise, remove
 * duplicates, split, store.
 */
package io.affinage.dataset;
