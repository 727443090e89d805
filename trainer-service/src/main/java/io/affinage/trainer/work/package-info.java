/** Working on jobs: choosing, claiming, running an attempt, ending it. */
package io.affinage.trainer.work;
