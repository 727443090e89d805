/** Settings, and how the parts are put together. */
package io.affinage.trainer.config;
