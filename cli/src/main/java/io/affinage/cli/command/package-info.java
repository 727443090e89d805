/** The subcommands, one class each. */
package io.affinage.cli.command;
