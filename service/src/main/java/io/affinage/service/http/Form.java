package io.affinage.service.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystem;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.FileUploadImpl;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * A form on its way: its files go to the folder of uploads, its fields to memory. Vert.x' own
 * reader of bodies would wait for ever for the end of a file that a form was cut off in.
 */
final class Form {
  /** Under other methods it is a body like any: no resource takes a form by them. */
  private static final Set<HttpMethod> METHODS =
      Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE);

  private static final Logger LOG = Logger.getLogger(Form.class);
  private static final int MOST_FILES = 16;
  private static final Pattern BOUNDARY =
      Pattern.compile("boundary=(?:\"([^\"]{1,70})\"|([^\\s;]{1,70}))");

  private final RoutingContext context;
  private final Exchange exchange;
  private final Refusals refusals;
  private final Path folder;
  private final long most;
  private final List<Future<Void>> files = new ArrayList<>();
  private String tail = "";
  private long size;
  private boolean refused;

  private Form(
      RoutingContext context, Exchange exchange, Refusals refusals, Path folder, long most) {
    this.context = context;
    this.exchange = exchange;
    this.refusals = refusals;
    this.folder = folder;
    this.most = most;
  }

  static boolean isForm(HttpServerRequest request) {
    String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
    return type != null
        && METHODS.contains(request.method())
        && type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data");
  }

  /**
   * Reads the form, then lets the request go on.
   *
   * @param most bytes of the whole form
   */
  static void read(
      RoutingContext context, Exchange exchange, Refusals refusals, Path folder, long most) {
    HttpServerRequest request = context.request();
    Matcher boundary = BOUNDARY.matcher(request.getHeader(HttpHeaders.CONTENT_TYPE));
    if (!boundary.find()) {
      refusals.refuse(context, Refusal.BAD_BODY);
      return;
    }
    String text = boundary.group(1) == null ? boundary.group(2) : boundary.group(1);
    Form form = new Form(context, exchange, refusals, folder, most);
    request.setExpectMultipart(true);
    request
        .exceptionHandler(broken -> form.refuse(Refusal.BAD_BODY))
        .uploadHandler(form::file)
        .handler(form::part)
        .endHandler(end -> form.end("--" + text + "--"));
  }

  private void refuse(Refusal why) {
    if (!refused) {
      refused = true;
      refusals.refuse(context, why);
      exchange.end();
    }
  }

  private void file(HttpServerFileUpload upload) {
    if (refused) {
      return;
    }
    if (files.size() == MOST_FILES) {
      refuse(Refusal.BAD_BODY);
      return;
    }
    FileSystem disk = context.vertx().fileSystem();
    String path = folder.resolve(UUID.randomUUID().toString()).toString();
    context.fileUploads().add(new FileUploadImpl(disk, path, upload));
    Future<Void> written = upload.streamToFileSystem(path);
    files.add(written);
    written.onComplete(
        done -> {
          if (exchange.isOver()) {
            disk.delete(path);
          }
        });
  }

  private void part(Buffer part) {
    size += part.length();
    if (size > most) {
      refuse(Refusal.TOO_LARGE);
    }
    int from = Math.max(0, part.length() - 256);
    String last = part.getBuffer(from, part.length()).toString(StandardCharsets.ISO_8859_1);
    tail = (tail + last).substring(Math.max(0, tail.length() + last.length() - 256));
  }

  /** A form without its last line was cut off, and one without any part is none. */
  private void end(String lastLine) {
    exchange.hasRead();
    if (refused || context.response().ended()) {
      return;
    }
    if (!tail.contains(lastLine)
        || (files.isEmpty() && context.request().formAttributes().isEmpty())) {
      refuse(Refusal.BAD_BODY);
      return;
    }
    Future.join(files)
        .onComplete(
            done -> {
              if (done.failed()) {
                LOG.errorf("An upload could not be written to %s: %s", folder, done.cause());
                refuse(Refusal.NOT_STORED);
              } else if (!context.response().ended()) {
                context.next();
              }
            });
  }
}
