/** The ways a row says what to learn, each turned into the one normal form. */
package io.affinage.dataset.layout;
