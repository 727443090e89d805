/** DoRA: LoRA whose rows have learned lengths. */
package io.affinage.llm.adapter.dora;
