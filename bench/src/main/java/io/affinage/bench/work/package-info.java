/** What is timed of ours; each piece runs alone in a process of its own. */
package io.affinage.bench.work;
