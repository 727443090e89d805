/** IA3: learned vectors that scale what layers give or read. */
package io.affinage.llm.adapter.ia3;
