package io.affinage.llm.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.LongConsumer;

/**
 * The part of a file that has arrived. Appends what a server sends, or starts over where it sends
 * the whole.
 */
final class PartFile {

  private final Path path;
  private final LongConsumer progress;
  private volatile long size;

  PartFile(Path path, LongConsumer progress) throws IOException {
    this.path = path;
    this.progress = progress;
    this.size = Files.exists(path) ? Files.size(path) : 0;
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  void delete() throws IOException {
    Files.deleteIfExists(path);
    size = 0;
  }

  /**
   * Takes an answer of status 206 that starts at our size as more, and one of status 200 as the
   * whole.
   */
  BodySubscriber<Void> receive(HttpResponse.ResponseInfo info) {
    boolean more =
        info.statusCode() == 206
            && info.headers()
                .firstValue("Content-Range")
                .map(range -> range.startsWith("bytes " + size + "-"))
                .orElse(false);
    if (info.statusCode() == 206 && !more) {
      // Not the range that was asked for: of no use.
      return HttpResponse.BodySubscribers.mapping(
          HttpResponse.BodySubscribers.discarding(),
          nothing -> {
            throw new UncheckedIOException(new WrongRange());
          });
    }
    if (!more) {
      size = 0;
    }
    return new Appender(more);
  }

  /** A server sent another range than the one asked for. */
  static final class WrongRange extends IOException {
    private static final long serialVersionUID = 1L;

    WrongRange() {
      super("the server sent another range than the one asked for");
    }
  }

  private final class Appender implements BodySubscriber<Void> {
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final boolean append;
    private FileChannel channel;
    private Flow.Subscription subscription;

    Appender(boolean append) {
      this.append = append;
    }

    @Override
    public CompletionStage<Void> getBody() {
      return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      try {
        channel =
            FileChannel.open(
                path,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING);
        subscription.request(1);
      } catch (IOException e) {
        fail(e);
      }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      try {
        for (ByteBuffer buffer : buffers) {
          while (buffer.hasRemaining()) {
            size += channel.write(buffer);
          }
        }
        progress.accept(size);
        subscription.request(1);
      } catch (IOException e) {
        fail(e);
      }
    }

    @Override
    public void onError(Throwable failure) {
      close();
      done.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      try {
        channel.force(true);
        channel.close();
        done.complete(null);
      } catch (IOException e) {
        fail(e);
      }
    }

    /** Our own disk's failure: told apart from the network's by its type. */
    private void fail(IOException e) {
      subscription.cancel();
      close();
      done.completeExceptionally(new UncheckedIOException(e));
    }

    private void close() {
      try {
        if (channel != null) {
          channel.close();
        }
      } catch (IOException e) {
        // What was written is counted by its size on disk when the download goes on.
      }
    }
  }
}
