/** Bottleneck adapters: small layers of their own behind attention and feed-forward. */
package io.affinage.llm.adapter.bottleneck;
