/**
 * Reading whole topics into views, for every service and the command line.
 *
 * <p>One rule for all: a record that cannot be read or applied is skipped, counted and logged once
 * with its place, and the next one is taken; partitions that are added are read, topics that are
 * missing are told and waited for; and a reader that ends for any reason goes on after a pause,
 * which {@link io.affinage.events.follow.TopicFollower#trouble()} tells until it reads again.
 */
@NullMarked
package io.affinage.events.follow;

import org.jspecify.annotations.NullMarked;
