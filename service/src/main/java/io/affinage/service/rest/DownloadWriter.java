package io.affinage.service.rest;

import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Sends a {@link Download}: a worker reads one part, the event loop sends it, and only when it is
 * gone is a worker asked for the next. The framework's own writer of streams keeps a worker for as
 * long as the reader takes; some hundred slow readers would keep all of them.
 */
@Provider
final class DownloadWriter implements ServerMessageBodyWriter<Download> {
  private static final Logger LOG = Logger.getLogger(DownloadWriter.class);

  /** Above Netty's high-water mark (64 KiB), so that a reader who stalls is seen to. */
  private static final int PART = 128 * 1024;

  private final ExecutorService workers;

  DownloadWriter(ExecutorService workers) {
    this.workers = workers;
  }

  @Override
  public boolean isWriteable(
      Class<?> type, Type generic, ResteasyReactiveResourceInfo target, MediaType mediaType) {
    return type == Download.class;
  }

  @Override
  public boolean isWriteable(
      Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
    return type == Download.class;
  }

  @Override
  public void writeResponse(Download download, Type generic, ServerRequestContext context)
      throws IOException {
    ServerHttpResponse response = context.serverResponse();
    response.setResponseHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(download.size()));
    if (((ResteasyReactiveRequestContext) context).getMethod().equals(HttpMethod.HEAD)) {
      close(download.content());
      response.end();
    } else {
      sendNext(download.content(), response);
    }
  }

  private void sendNext(InputStream content, ServerHttpResponse response) {
    byte[] part;
    try {
      part = content.readNBytes(PART);
    } catch (IOException | RuntimeException e) {
      LOG.warnf("A download ends unfinished: its content cannot be read: %s", e.getMessage());
      giveUp(content, response);
      return;
    }
    if (part.length == 0) {
      close(content);
      response.end();
      return;
    }
    response.write(
        part,
        failure -> {
          if (failure != null) {
            close(content); // the reader went away, or was found to stall
            return;
          }
          try {
            workers.execute(() -> sendNext(content, response));
          } catch (RejectedExecutionException stopping) {
            giveUp(content, response);
          }
        });
  }

  /** The head is out: only a broken connection tells the reader that this is not the whole. */
  private static void giveUp(InputStream content, ServerHttpResponse response) {
    close(content);
    response.reset();
  }

  private static void close(InputStream content) {
    try {
      content.close();
    } catch (IOException e) {
      LOG.debugf(e, "Content read for a download is not closed cleanly");
    }
  }

  /** For interceptors, of which there are none here. */
  @Override
  public void writeTo(
      Download download,
      Class<?> type,
      Type generic,
      Annotation[] annotations,
      MediaType mediaType,
      MultivaluedMap<String, Object> headers,
      OutputStream out)
      throws IOException {
    try (InputStream content = download.content()) {
      content.transferTo(out);
    }
  }
}
