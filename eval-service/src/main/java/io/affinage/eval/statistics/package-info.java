/**
 * How sure a measured number is: bootstrap confidence intervals and a paired permutation test. Pure
 * functions of their data and a seed.
 */
package io.affinage.eval.statistics;
