/** Benchmarks: the same work here and in the peer, one after the other. */
package io.affinage.bench;
