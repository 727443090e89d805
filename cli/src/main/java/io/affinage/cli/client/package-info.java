/** The client side of the events: what happened so far, what happens now, and what to send. */
package io.affinage.cli.client;
