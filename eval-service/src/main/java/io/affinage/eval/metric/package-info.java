/** What is measured on each item, and how the numbers of all items become one. */
package io.affinage.eval.metric;
