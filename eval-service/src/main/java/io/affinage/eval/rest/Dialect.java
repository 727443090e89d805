package io.affinage.eval.rest;

import io.affinage.eval.rest.Chunk.Choice;
import io.affinage.eval.rest.Chunk.Turn;

/** How chat and completion differ on the wire. */
enum Dialect {
  CHAT("chatcmpl-", "chat.completion", "chat.completion.chunk") {
    @Override
    Choice whole(String text, String finishReason) {
      return new Choice(0, new Turn("assistant", text), null, null, finishReason);
    }

    @Override
    Choice begin() {
      return new Choice(0, null, new Turn("assistant", ""), null, null);
    }

    @Override
    Choice piece(String text) {
      return new Choice(0, null, new Turn(null, text), null, null);
    }

    @Override
    Choice end(String finishReason) {
      return new Choice(0, null, new Turn(null, null), null, finishReason);
    }
  },

  COMPLETION("cmpl-", "text_completion", "text_completion") {
    @Override
    Choice whole(String text, String finishReason) {
      return new Choice(0, null, null, text, finishReason);
    }

    @Override
    Choice begin() {
      return piece("");
    }

    @Override
    Choice piece(String text) {
      return new Choice(0, null, null, text, null);
    }

    @Override
    Choice end(String finishReason) {
      return new Choice(0, null, null, "", finishReason);
    }
  };

  private final String idPrefix;
  private final String wholeObject;
  private final String pieceObject;

  Dialect(String idPrefix, String wholeObject, String pieceObject) {
    this.idPrefix = idPrefix;
    this.wholeObject = wholeObject;
    this.pieceObject = pieceObject;
  }

  String idPrefix() {
    return idPrefix;
  }

  String wholeObject() {
    return wholeObject;
  }

  String pieceObject() {
    return pieceObject;
  }

  abstract Choice whole(String text, String finishReason);

  abstract Choice begin();

  abstract Choice piece(String text);

  abstract Choice end(String finishReason);
}
