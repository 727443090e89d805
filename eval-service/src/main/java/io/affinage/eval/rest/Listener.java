package io.affinage.eval.rest;

import io.vertx.core.http.HttpServerResponse;

/** Who reads a stream, as far as the writer must know. */
interface Listener {

  /** Whether what was sent still waits to be read, so that writing more would wait too. */
  boolean isSlow();

  /** Whether nobody is there any more. */
  boolean isGone();

  /** The one at the other end of a response's connection. */
  static Listener of(HttpServerResponse response) {
    return new Listener() {
      @Override
      public boolean isSlow() {
        try {
          return response.writeQueueFull();
        } catch (IllegalStateException ended) {
          // The connection was lost: writing says so.
          return false;
        }
      }

      @Override
      public boolean isGone() {
        return response.closed();
      }
    };
  }
}
