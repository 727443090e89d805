/** What a training step may minimise beside the method's own loss, one record each. */
@NullMarked
package io.affinage.events.objective;

import org.jspecify.annotations.NullMarked;
