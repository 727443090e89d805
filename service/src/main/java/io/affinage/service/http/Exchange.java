package io.affinage.service.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** A request on its way, from its head to the end of its answer. */
final class Exchange {
  /** Fewer bytes than these between two looks are no progress. */
  private static final long PROGRESS = 1_024;

  private final RoutingContext context;
  private final BodyMemory memory;
  private final AtomicLong held = new AtomicLong();
  private final AtomicBoolean over = new AtomicBoolean();
  private long read;
  private long written;
  private volatile boolean reading;
  private boolean lookedAtBody;
  private boolean lookedAtAnswer;

  /** How it fares. */
  enum Pace {
    FINE,
    BODY_STALLS,
    ANSWER_STALLS,
    OVER
  }

  Exchange(RoutingContext context, BodyMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  RoutingContext context() {
    return context;
  }

  /** Memory for a part of the body, until the exchange is over; false when there is none. */
  boolean hold(long bytes) {
    if (!memory.take(bytes)) {
      return false;
    }
    held.addAndGet(bytes);
    if (over.get()) {
      memory.giveBack(held.getAndSet(0));
    }
    return true;
  }

  /** Its body is wanted from now on. */
  void reading() {
    reading = true;
  }

  /** Its body is there. */
  void hasRead() {
    reading = false;
  }

  boolean isOver() {
    return over.get();
  }

  /** Lets go of what it holds; more than once does no harm. */
  void end() {
    if (over.compareAndSet(false, true)) {
      memory.giveBack(held.getAndSet(0));
      context.cancelAndCleanupFileUploads();
    }
  }

  /** To be asked at equal intervals, by one thread. */
  Pace pace() {
    HttpServerRequest request = context.request();
    HttpServerResponse response = context.response();
    if (response.ended() || response.closed()) {
      return Pace.OVER;
    }
    long nowRead = request.bytesRead();
    boolean bodyMissing = reading && !request.isEnded();
    boolean bodyStalls = bodyMissing && lookedAtBody && nowRead - read < PROGRESS;
    lookedAtBody = bodyMissing;
    read = nowRead;
    if (bodyStalls) {
      return Pace.BODY_STALLS;
    }
    long nowWritten = response.bytesWritten();
    boolean full;
    try {
      full = response.writeQueueFull();
    } catch (IllegalStateException endedMeanwhile) {
      return Pace.OVER;
    }
    boolean answerStalls = full && lookedAtAnswer && nowWritten - written < PROGRESS;
    lookedAtAnswer = full;
    written = nowWritten;
    return answerStalls ? Pace.ANSWER_STALLS : Pace.FINE;
  }
}
