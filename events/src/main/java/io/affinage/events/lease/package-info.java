/**
 * The lease protocol for long jobs, training and evaluation alike: <em>the log is the lock</em>. No
 * Kafka here; {@code lease.kafka} is the adapter.
 *
 * <p>Every entry of a job lies in one partition of a log, in one order that all readers see. {@link
 * io.affinage.events.lease.JobState} folds the entries with one pure function, so all readers agree
 * on who runs what:
 *
 * <ul>
 *   <li>The first claim of an attempt in log order wins. Attempt n + 1 may be claimed when attempt
 *       n was released or its lease has run out, judged by the time the log gave the claim, never
 *       by a reader's clock.
 *   <li>Heartbeats and checkpoints of the current attempt extend its lease. Those of any other
 *       attempt have no effect.
 *   <li>The first end of the job is its only one, whichever attempt it is of. Transactions make
 *       sure that no second one is ever written: the winner of an attempt first fences all others,
 *       then reads the log to its end, and only goes on when the job is still its own.
 * </ul>
 */
@NullMarked
package io.affinage.events.lease;

import org.jspecify.annotations.NullMarked;
