/** The library as processes of their own, for programs that should not load it themselves. */
package io.affinage.llm.tool;
