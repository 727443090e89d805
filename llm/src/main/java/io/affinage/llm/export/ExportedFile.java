package io.affinage.llm.export;

/**
 * A file of an export.
 *
 * @param name within the folder
 * @param bytes its size
 * @param sha256 of its content, hexadecimal
 */
public record ExportedFile(String name, long bytes, String sha256) {}
