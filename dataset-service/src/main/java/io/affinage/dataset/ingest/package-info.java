/** From rows to a stored dataset version, callable without any service around it. */
package io.affinage.dataset.ingest;
