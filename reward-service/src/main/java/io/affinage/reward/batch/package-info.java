/** A request for scores as a whole: checked, mapped to the domain, answered in its order. */
package io.affinage.reward.batch;
