/** One evaluation from its plan to its decision. */
package io.affinage.eval.run;
