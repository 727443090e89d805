/** Prefix tuning: learned keys and values of virtual tokens that stand before every text. */
package io.affinage.llm.adapter.prefix;
