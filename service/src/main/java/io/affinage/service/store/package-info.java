/** What services keep in the artifact store. */
package io.affinage.service.store;
