/** The types of adapters that a training may ask for, one record each. */
@NullMarked
package io.affinage.events.adapter;

import org.jspecify.annotations.NullMarked;
