  # Generation with a key-value cache: every layer in one call. Attributes: rotary: by layer, which of the rotary
  # embeddings it has, -1 for none; window: positions that a windowed layer sees, itself included; windowed: by layer, 1 or 0.
  # tokens, position [batch, time] int64 (position is also the cache slot); rows [batch, 1] int64;
  # frequencies [rotated / 2], factors []: of each rotary embedding;
  # keys, values: per layer [batch, slots, kv_heads, head_dim]; length: slots in use after this call;
  # last [batch] int64: the time index whose logits are wanted; w: 26 weights a layer; a: 15 adapter arrays a layer.
  # Returns logits [batch, vocabulary] float32.
  def advance(self: __torch__.Kernels, tokens: Tensor, position: Tensor, rows: Tensor, last: Tensor, frequencies: List[Tensor], factors: List[Tensor], length: int, keys: List[Tensor], values: List[Tensor], embedding: Tensor, positions: Tensor, norm: List[Tensor], head: Tensor, w: List[Tensor], a: List[Tensor]) -> List[Tensor]:
    alone = torch.eq(torch.numel(tokens), 1)
    x = (self).embedded(tokens, position, embedding, positions, )
    cos = annotate(List[Tensor], [])
    sin = annotate(List[Tensor], [])
    for r in range(torch.len(frequencies)):
      rotary = (self).rope(position, frequencies[r], factors[r], x, )
      _0 = torch.append(cos, rotary[0])
      _1 = torch.append(sin, rotary[1])
    still = torch.empty([0], dtype=6, device=ops.prim.device(x))
    slots = torch.view(torch.arange(length, dtype=4, device=ops.prim.device(tokens)), [1, 1, -1])
    past = torch.unsqueeze(torch.le(slots, torch.unsqueeze(position, -1)), 1)
    near = past
    if torch.gt(self.window, 0):
      near = torch.logical_and(past, torch.unsqueeze(torch.gt(slots, torch.unsqueeze(torch.sub(position, self.window), -1)), 1))
    layers = torch.len(keys)
    for i in range(layers):
      wi = torch.slice(w, torch.mul(i, 26), torch.mul(torch.add(i, 1), 26))
      ai = torch.slice(a, torch.mul(i, 15), torch.mul(torch.add(i, 1), 15))
      kind = self.rotary[i]
      if torch.lt(kind, 0):
        c = still
        s = still
      else:
        c = cos[kind]
        s = sin[kind]
      q, k, v = (self).projections((self).norm(x, 0, wi, ), c, s, wi, ai, 0., )
      _2 = torch.index_put_(keys[i], annotate(List[Optional[Tensor]], [rows, position]), k)
      _3 = torch.index_put_(values[i], annotate(List[Optional[Tensor]], [rows, position]), v)
      first = 0
      visible = past
      if torch.eq(self.windowed[i], 1):
        visible = near
        if alone:
          first = ops.prim.max(0, torch.sub(length, self.window))
      seen_keys = torch.narrow(keys[i], 1, first, torch.sub(length, first))
      seen_values = torch.narrow(values[i], 1, first, torch.sub(length, first))
      attended = (self).cached_attention(q, seen_keys, seen_values, visible, )
      x = (self).after_attention(x, attended, wi, ai, 0., )
    final = torch.select(torch.index(x, annotate(List[Optional[Tensor]], [rows, torch.unsqueeze(last, -1)])), 1, 0)
    return [(self).logits((self).normalized(final, norm[0], norm[1], ), head, )]

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
