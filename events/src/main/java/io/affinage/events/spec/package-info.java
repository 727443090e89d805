/** What is to be trained and how: every default, every check, in one place. */
package io.affinage.events.spec;
