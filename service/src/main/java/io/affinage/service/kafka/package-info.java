/** Topics at the start, and readiness. */
package io.affinage.service.kafka;
