/**
 * Short work: records of a request topic are taken, worked on by several threads and answered in
 * transactions, exactly once, whatever a record does to the service.
 *
 * <p>{@link io.affinage.service.work.ShortWork} is the loop. Records of one key are worked on in
 * their order; others overtake each other, so that a large one holds up no small one and a flood of
 * one producer no other. What was answered out of order is told beside the committed offset ({@link
 * io.affinage.service.work.WindowMark}), so that nothing is answered twice after a restart.
 *
 * <p>A record whose work fails is tried a few times; one during which the process died is tried
 * again alone, so that it is found out. Then it is given up: its handler may answer with an error,
 * and it goes to the dead letters with the reason. A fault that has nothing to do with the record
 * ({@link io.affinage.service.work.PassingFaultException}) is waited out, visibly.
 */
package io.affinage.service.work;
