/** The local stack: an embedded broker and the services as processes on the loopback address. */
package io.affinage.cli.stack;
