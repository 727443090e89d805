package io.affinage.service.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads every body to its end before a resource sees the request, on the event loop: a body that
 * never ends holds a connection and no thread. Form go to files, all else to memory, of which all
 * bodies together have a share.
 */
@Singleton
class Bodies {
  private final long mostInMemory;
  private final long mostUpload;
  private final Exchanges exchanges;
  private final Refusals refusals;
  private final Path uploads;

  Bodies(
      HttpConfig config,
      @ConfigProperty(name = "quarkus.http.limits.max-body-size", defaultValue = "10M")
          MemorySize maxBodySize,
      @ConfigProperty(name = "quarkus.http.body.uploads-directory") String uploadsDirectory,
      Exchanges exchanges,
      Refusals refusals) {
    this.mostUpload = maxBodySize.asLongValue();
    this.mostInMemory = Math.min(mostUpload, config.maxBody().asLongValue());
    this.exchanges = exchanges;
    this.refusals = refusals;
    this.uploads = Path.of(uploadsDirectory);
  }

  void read(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (!hasBody(request)) {
      context.next();
      return;
    }
    String expect = request.getHeader(HttpHeaders.EXPECT);
    if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
      refusals.refuse(context, Refusal.UNKNOWN_EXPECTATION);
      return;
    }
    boolean form = Form.isForm(request);
    if (length(request) > (form ? mostUpload : mostInMemory)) {
      refusals.refuse(context, Refusal.TOO_LARGE);
      return;
    }
    Exchange exchange = exchanges.of(context);
    exchange.reading();
    if (form) {
      Form.read(context, exchange, refusals, uploads, mostUpload);
    } else {
      readToMemory(context, exchange);
    }
    if (expect != null) {
      context.response().writeContinue();
    }
    request.resume();
  }

  private static boolean hasBody(HttpServerRequest request) {
    return request.headers().contains(HttpHeaders.TRANSFER_ENCODING) || length(request) > 0;
  }

  /** -1 when the request does not say. Netty has refused what is no number. */
  private static long length(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null ? -1 : Long.parseLong(length.strip());
  }

  private void readToMemory(RoutingContext context, Exchange exchange) {
    HttpServerRequest request = context.request();
    Buffer body = Buffer.buffer();
    boolean[] refused = {false};
    request
        .exceptionHandler(
            lost -> {
              refused[0] = true;
              refusals.refuse(context, Refusal.BAD_BODY);
            })
        .handler(
            part -> {
              if (refused[0]) {
                return;
              }
              if (body.length() + (long) part.length() > mostInMemory) {
                refused[0] = true;
                refusals.refuse(context, Refusal.TOO_LARGE);
              } else if (!exchange.hold(part.length())) {
                refused[0] = true;
                refusals.refuse(context, Refusal.MEMORY);
              } else {
                body.appendBuffer(part);
              }
            })
        .endHandler(
            end -> {
              exchange.hasRead();
              if (!refused[0] && !context.response().ended()) {
                ((RoutingContextInternal) context).setBody(body);
                context.next();
              }
            });
  }
}
