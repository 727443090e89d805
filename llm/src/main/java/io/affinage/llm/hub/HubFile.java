package io.affinage.llm.hub;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file of a model, as the hub lists it.
 *
 * @param name plain name in the root of the repository
 * @param size bytes, where stated
 * @param hash what its content must hash to, where stated
 */
record HubFile(String name, OptionalLong size, Optional<ContentHash> hash) {}
