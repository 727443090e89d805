package io.affinage.service.rest;

import java.io.InputStream;

/**
 * A body that is sent as fast as its reader takes it, by no thread of the service in between:
 * {@link DownloadWriter}.
 *
 * @param content closed at the end, whatever the end is
 * @param size bytes of the content
 */
public record Download(InputStream content, long size) {}
