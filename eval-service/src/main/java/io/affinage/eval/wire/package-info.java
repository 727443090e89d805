/** The one place where the domain's records and the wire's are turned into each other. */
package io.affinage.eval.wire;
