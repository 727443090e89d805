/** Errors, pages and JSON as OpenAI's clients know them. */
package io.affinage.service.rest;
