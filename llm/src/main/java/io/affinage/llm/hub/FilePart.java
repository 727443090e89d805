package io.affinage.llm.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Some bytes of a file, in memory. A server that sends the whole file in their place is listened to
 * until they are there.
 */
final class FilePart {
  private final long from;
  private final int length;
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

  FilePart(long from, int length) {
    this.from = from;
    this.length = length;
  }

  byte[] bytes() {
    return taken.toByteArray();
  }

  /** Bytes taken so far. */
  synchronized long size() {
    return taken.size();
  }

  BodySubscriber<Void> receive(HttpResponse.ResponseInfo info) {
    boolean asked =
        info.headers()
            .firstValue("Content-Range")
            .map(range -> range.startsWith("bytes " + from + "-"))
            .orElse(false);
    if (info.statusCode() == 206 && !asked) {
      return BodySubscribers.mapping(
          BodySubscribers.discarding(),
          nothing -> {
            throw new UncheckedIOException(
                new IOException("the server sent another range than the one asked for"));
          });
    }
    return new Taker(info.statusCode() == 206 ? 0 : from);
  }

  private final class Taker implements BodySubscriber<Void> {
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private long skip;
    private Flow.Subscription subscription;

    Taker(long skip) {
      this.skip = skip;
    }

    @Override
    public CompletionStage<Void> getBody() {
      return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      subscription.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        take(buffer);
      }
      if (size() == length) {
        subscription.cancel();
        done.complete(null);
      } else {
        subscription.request(1);
      }
    }

    private void take(ByteBuffer buffer) {
      int skipped = (int) Math.min(skip, buffer.remaining());
      skip -= skipped;
      buffer.position(buffer.position() + skipped);
      synchronized (FilePart.this) {
        byte[] some = new byte[Math.min(buffer.remaining(), length - taken.size())];
        buffer.get(some);
        taken.writeBytes(some);
      }
    }

    @Override
    public void onError(Throwable failure) {
      done.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      done.complete(null);
    }
  }
}
