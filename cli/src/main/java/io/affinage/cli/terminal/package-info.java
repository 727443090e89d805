/** What the user sees: lines, tables, bars, JSON. */
package io.affinage.cli.terminal;
