/** What this instance knows of evaluations and models, rebuilt from the topics at every start. */
package io.affinage.eval.job;
