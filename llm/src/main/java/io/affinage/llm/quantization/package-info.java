/**
 * Number formats of quantized weights as bitsandbytes has them, in plain Java: the same bits on
 * every machine.
 */
package io.affinage.llm.quantization;
