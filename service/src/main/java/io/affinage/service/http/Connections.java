package io.affinage.service.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.AttributeKey;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends connections on which nothing is asked: those that never send the head of a first request, a
 * byte at a time or not at all, and those that are kept open without use. Vert.x bounds silence
 * only, and would cut a request off that is long in its work.
 */
@Singleton
class Connections {
  private static final AttributeKey<Clock> CLOCK = AttributeKey.valueOf(Connections.class, "clock");
  private static final String NAME = "affinage-connections";

  private final Duration firstRequest;
  private final Duration keepAlive;
  private final Acceptor acceptor = new Acceptor();

  Connections(HttpConfig config) {
    this.firstRequest = config.firstRequest();
    this.keepAlive = config.keepAlive();
  }

  /** To be called for every request; the first one (a probe's) begins the watch over all others. */
  void begin(RoutingContext context) {
    if (!(context.request().connection() instanceof ConnectionBase connection)) {
      return;
    }
    Channel channel = connection.channel();
    Channel server = channel.parent();
    if (server != null && server.pipeline().get(NAME) == null) {
      attach(server.pipeline());
    }
    Clock clock = channel.attr(CLOCK).get();
    if (clock != null) {
      clock.begin();
      context.addEndHandler(ended -> clock.end());
    }
  }

  private void attach(ChannelPipeline server) {
    try {
      server.addFirst(NAME, acceptor);
    } catch (IllegalArgumentException e) {
      // Another thread was first.
    }
  }

  /** Gives each new connection its clock. */
  @ChannelHandler.Sharable
  private final class Acceptor extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof Channel accepted) {
        Clock clock = new Clock();
        accepted.attr(CLOCK).set(clock);
        accepted.pipeline().addFirst(NAME, clock);
      }
      context.fireChannelRead(message);
    }
  }

  /** Of one connection; used on its event loop, but for {@link #begin} and {@link #end}. */
  private final class Clock extends ChannelInboundHandlerAdapter {
    private ChannelHandlerContext context;
    private long idleSince;
    private boolean asked;
    private int open;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      context = added;
      idleSince = System.nanoTime();
      schedule(firstRequest.toNanos());
    }

    private void schedule(long nanos) {
      context.executor().schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    }

    private synchronized void begin() {
      asked = true;
      open++;
    }

    private synchronized void end() {
      open--;
      idleSince = System.nanoTime();
    }

    private synchronized void look() {
      if (!context.channel().isOpen()) {
        return;
      }
      long patience = (asked ? keepAlive : firstRequest).toNanos();
      long idle = open > 0 ? 0 : System.nanoTime() - idleSince;
      if (idle >= patience) {
        context.close();
      } else {
        schedule(patience - idle);
      }
    }
  }
}
