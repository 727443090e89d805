/**
 * A store of files and folders named by their content, shared by all services: a folder or an S3
 * bucket.
 */
package io.affinage.artifacts;
