/** Settings, and the parts put together from them. */
package io.affinage.eval.config;
