/**
 * The demo: a small world of text, a model trained on it from nothing, and a task to tune it for.
 */
package io.affinage.cli.demo;
