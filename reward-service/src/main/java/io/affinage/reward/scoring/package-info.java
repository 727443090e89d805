/**
 * Verifiable rewards: what a completion is worth, by rules that anyone can check. Pure and
 * deterministic; the same candidates always get the same scores, on every machine.
 */
package io.affinage.reward.scoring;
