/** OpenAI's files API, and datasets with their reports and quarantine. */
package io.affinage.dataset.rest;
