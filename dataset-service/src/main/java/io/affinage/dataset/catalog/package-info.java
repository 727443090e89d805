/** What is known of files and datasets: a view of compacted topics, rebuilt at every start. */
package io.affinage.dataset.catalog;
