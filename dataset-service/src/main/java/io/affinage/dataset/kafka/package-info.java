/**
 * Submissions in, how they ended out, and the view of what there is. A submission's outputs, its
 * dead letters and the group's offsets are committed in one transaction.
 */
package io.affinage.dataset.kafka;
