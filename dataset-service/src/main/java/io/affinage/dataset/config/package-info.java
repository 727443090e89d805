/** Settings, and the domain objects made from them. */
package io.affinage.dataset.config;
