/** Where a service computes. */
package io.affinage.service.compute;
