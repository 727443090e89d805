/** The one exception type of the model library: a stable code and a text for the user. */
package io.affinage.llm.error;
