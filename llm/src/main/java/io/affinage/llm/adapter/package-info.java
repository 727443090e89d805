/** Parameter-efficient adapters beside a frozen base, in PEFT's format. */
package io.affinage.llm.adapter;
