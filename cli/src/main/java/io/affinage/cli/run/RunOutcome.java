package io.affinage.cli.run;

import io.affinage.cli.client.RunView;

/**
 * A run that ended well.
 *
 * @param reused nothing was done: the same run had ended before
 */
public record RunOutcome(RunView run, boolean reused) {}
