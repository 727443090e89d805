/** The packaged command and services, as users run them: real processes, a real broker. */
package io.affinage.cli.endtoend;
