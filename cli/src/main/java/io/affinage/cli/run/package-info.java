/** Handing in a run and following it to its end. */
package io.affinage.cli.run;
