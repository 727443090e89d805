  # Generation with a key-value cache: every layer in one call.
  # tokens, position [batch, time] int64 (position is also the cache slot); rows [batch, 1] int64;
  # keys, values: per layer [batch, slots, kv_heads, head_dim]; length: slots in use after this call;
  # last [batch] int64: the time index whose logits are wanted; w: 9 weights a layer; a: 15 adapter arrays a layer.
  # Returns logits [batch, vocabulary] float32.
  def advance(self: __torch__.Kernels, tokens: Tensor, position: Tensor, rows: Tensor, last: Tensor, frequency: Tensor, length: int, keys: List[Tensor], values: List[Tensor], embedding: Tensor, norm: Tensor, head: Tensor, w: List[Tensor], a: List[Tensor]) -> List[Tensor]:
    batch = torch.size(tokens, 0)
    time = torch.size(tokens, 1)
    x = torch.embedding(embedding, tokens)
    rotary = (self).rope(position, frequency, x, )
    slots = torch.arange(length, dtype=4, device=ops.prim.device(tokens))
    visible = torch.unsqueeze(torch.le(torch.view(slots, [1, 1, -1]), torch.unsqueeze(position, -1)), 1)
    layers = torch.len(keys)
    for i in range(layers):
      wi = torch.slice(w, torch.mul(i, 9), torch.mul(torch.add(i, 1), 9))
      ai = torch.slice(a, torch.mul(i, 15), torch.mul(torch.add(i, 1), 15))
      h = torch.rms_norm(x, [torch.size(x, -1)], wi[0], self.eps)
      q = torch.view((self).adapted(h, wi[1], ai[0], ai[1], ai[14], 0., ), [batch, time, self.heads, self.head_dim])
      k = torch.view((self).adapted(h, wi[2], ai[2], ai[3], ai[14], 0., ), [batch, time, self.kv_heads, self.head_dim])
      v = torch.view((self).adapted(h, wi[3], ai[4], ai[5], ai[14], 0., ), [batch, time, self.kv_heads, self.head_dim])
      q = (self).rotate(q, rotary[0], rotary[1], )
      k = (self).rotate(k, rotary[0], rotary[1], )
      _0 = torch.index_put_(keys[i], annotate(List[Optional[Tensor]], [rows, position]), k)
      _1 = torch.index_put_(values[i], annotate(List[Optional[Tensor]], [rows, position]), v)
      past_k = torch.transpose(torch.narrow(keys[i], 1, 0, length), 1, 2)
      past_v = torch.transpose(torch.narrow(values[i], 1, 0, length), 1, 2)
      if torch.__and__(torch.eq(batch, 1), torch.eq(time, 1)):
        out = torch.scaled_dot_product_attention(torch.transpose(q, 1, 2), past_k, past_v, None, 0., False, scale=None, enable_gqa=True)
      else:
        out = torch.scaled_dot_product_attention(torch.transpose(q, 1, 2), past_k, past_v, visible, 0., False, scale=None, enable_gqa=True)
      out = torch.reshape(torch.transpose(out, 1, 2), [batch, time, torch.mul(self.heads, self.head_dim)])
      x = torch.add(x, (self).adapted(out, wi[4], ai[6], ai[7], ai[14], 0., ))
      x = (self).feed_forward(x, wi, ai, 0., )
    final = torch.select(torch.index(x, annotate(List[Optional[Tensor]], [rows, torch.unsqueeze(last, -1)])), 1, 0)
    return [torch.to(torch.linear(torch.rms_norm(final, [torch.size(x, -1)], norm, self.eps), head, None), 6)]

  # The next token of each row: [tokens [batch] int64, log-probability of each under the unmodified distribution [batch]].
  # logits [batch, vocabulary] float32; seen [batch, vocabulary] bool: tokens of the row so far; uniform [batch] in [0, 1).
  # Order as Hugging Face's: repetition penalty, temperature, top-k, top-p; temperature 0 is greedy.
  def sample(self: __torch__.Kernels, logits: Tensor, seen: Tensor, uniform: Tensor, temperature: float, top_k: int, top_p: float, penalty: float) -> List[Tensor]:
    raw = logits
    if torch.ne(penalty, 1.):
      lowered = torch.where(torch.lt(logits, 0), torch.mul(logits, penalty), torch.div(logits, penalty))
      logits = torch.where(seen, lowered, logits)
    if torch.eq(temperature, 0.):
      token = torch.argmax(logits, -1)
    else:
      k = torch.size(logits, -1)
      if torch.gt(top_k, 0):
        k = ops.prim.min(top_k, k)
      values, index = torch.topk(torch.div(logits, temperature), k, -1)
      p = torch.softmax(values, -1)
      before = torch.sub(torch.cumsum(p, -1), p)
      p = torch.where(torch.lt(before, top_p), p, torch.zeros_like(p))
      cumulative = torch.cumsum(p, -1)
      total = torch.select(cumulative, -1, -1)
      threshold = torch.unsqueeze(torch.mul(uniform, total), -1)
      kept = torch.sub(torch.sum(torch.gt(p, 0.), [-1], True), 1)
      rank = torch.minimum(torch.sum(torch.le(cumulative, threshold), [-1], True), kept)
      token = torch.squeeze(torch.gather(index, -1, rank), -1)
    logp = torch.squeeze(torch.gather(torch.log_softmax(raw, -1), -1, torch.unsqueeze(token, -1)), -1)
    return [token, logp]

  # seen[row, token] = True, in place.
  def remember(self: __torch__.Kernels, seen: Tensor, tokens: Tensor) -> List[Tensor]:
    _0 = torch.scatter_(seen, 1, tokens, True)
    return annotate(List[Tensor], [])
