/**
 * Tensors and kernels: TorchScript source text, compiled when it is first needed and called from
 * Java. DJL's array API knows neither bfloat16 nor attention nor vector-Jacobian products, so every
 * tensor computation of this library is such a kernel and a {@link ai.djl.ndarray.NDArray} is only
 * the handle of a native tensor.
 */
package io.affinage.llm.tensor;
