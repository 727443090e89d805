/** The rows of a dataset version as items to be measured. */
package io.affinage.eval.dataset;
