/** The seam to whatever trains: a job and its files in, progress, checkpoints and a model out. */
package io.affinage.trainer.engine;
