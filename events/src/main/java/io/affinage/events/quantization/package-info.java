/** How a training keeps the weights of its base that it does not train. */
@NullMarked
package io.affinage.events.quantization;

import org.jspecify.annotations.NullMarked;
