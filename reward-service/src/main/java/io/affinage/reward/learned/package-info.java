/** Scores of registered reward models. */
package io.affinage.reward.learned;
