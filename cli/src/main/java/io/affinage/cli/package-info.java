/** The {@code affinage} command. */
package io.affinage.cli;
