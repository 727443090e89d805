/**
 * Who may ask over HTTP, and how much of a service one client can hold: keys and their roles, hosts
 * and origins, bodies and connections.
 */
package io.affinage.service.http;
