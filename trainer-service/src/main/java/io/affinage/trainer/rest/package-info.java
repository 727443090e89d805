/** OpenAI's fine-tuning API over the view of the topics. */
package io.affinage.trainer.rest;
