package io.affinage.service.http;

import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** All requests on their way; ends those that stall, so that nobody waits behind them. */
@Singleton
class Exchanges {
  private static final Logger LOG = Logger.getLogger(Exchanges.class);
  private static final String KEY = Exchange.class.getName();

  private final Set<Exchange> exchanges = ConcurrentHashMap.newKeySet();
  private final BodyMemory memory = new BodyMemory(Runtime.getRuntime().maxMemory() / 8);
  private final Vertx vertx;
  private final Refusals refusals;
  private final long everyMillis;

  Exchanges(HttpConfig config, Vertx vertx, Refusals refusals) {
    this.vertx = vertx;
    this.refusals = refusals;
    this.everyMillis = Math.max(50, config.stall().toMillis());
  }

  void watch(@Observes StartupEvent start) {
    vertx.setPeriodic(everyMillis, id -> look());
  }

  void begin(RoutingContext context) {
    Exchange exchange = new Exchange(context, memory);
    exchanges.add(exchange);
    context.put(KEY, exchange);
    // What serves the request may put its own handler in the place of ours when the connection is
    // lost; look() notices that.
    context.addEndHandler(ended -> end(exchange));
  }

  Exchange of(RoutingContext context) {
    return context.get(KEY);
  }

  private void end(Exchange exchange) {
    exchanges.remove(exchange);
    exchange.end();
  }

  private void look() {
    for (Exchange exchange : exchanges) {
      try {
        look(exchange);
      } catch (RuntimeException e) {
        // One must not keep the others from being looked at.
        LOG.debugf(e, "An exchange is given up");
        end(exchange);
      }
    }
  }

  private void look(Exchange exchange) {
    switch (exchange.pace()) {
      case FINE -> {}
      case OVER -> end(exchange);
      case BODY_STALLS -> {
        if (exchange.context().response().headWritten()) {
          exchange.context().response().reset();
        } else {
          refusals.refuse(exchange.context(), Refusal.SLOW_BODY);
        }
        end(exchange);
      }
      case ANSWER_STALLS -> {
        refusals.count(Refusal.SLOW_READER);
        exchange.context().response().reset();
        end(exchange);
      }
    }
  }
}
