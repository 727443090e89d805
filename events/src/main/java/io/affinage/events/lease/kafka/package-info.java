/**
 * The lease protocol on Kafka. A worker uses four things:
 *
 * <ol>
 *   <li>{@link io.affinage.events.lease.kafka.JobLogReader} reads the whole log from its beginning,
 *       without a group, and keeps the state of every job; ready when it has caught up.
 *   <li>{@link io.affinage.events.lease.kafka.JobLogWriter} appends heartbeats, checkpoints,
 *       releases and wishes.
 *   <li>{@link io.affinage.events.lease.kafka.JobClaimer} claims the next attempt of a job.
 *   <li>{@link io.affinage.events.lease.kafka.JobAttempt}, what a won claim gives, ends the job:
 *       the terminal event goes to the log and to the public topics in one transaction.
 * </ol>
 *
 * <p>Why no job ends twice: all attempts share the job's transactional id. The winner of an attempt
 * initialises it, which fences every earlier producer and completes or aborts its transaction; then
 * it reads the log up to the high watermark, not merely to the last stable offset, behind which a
 * committed end may hide; and goes on only when the job is still its own. An end that was committed
 * before is seen then; one that was not can never be.
 */
@NullMarked
package io.affinage.events.lease.kafka;

import org.jspecify.annotations.NullMarked;
