  # Generation with a key-value cache: every layer, and several tokens, in one call. Rows of a batch end at the same slot
  # (padded on the left), so that a step writes one slot. Attributes: rotary: by layer, which of the rotary embeddings it
  # has, -1 for none; window: positions that a windowed layer sees, itself included; windowed: by layer, 1 or 0.
  # Shared arguments: frequencies [rotated / 2] (or, where they change with a text's length, by token of the prompts, by
  # position of new tokens), factors []: of each rotary embedding; keys, values: per layer [batch,
  # kv_heads, slots, head_dim]; embedding [vocabulary, hidden]; positions: learned ones or empty; norm: weight and bias;
  # head: plain or packed; w, a: weights and adapter of each layer (block.pyt).

  # [cos, sin, ...] of each rotary embedding at position [...] int64
  def rotations(self: __torch__.Kernels, position: Tensor, frequencies: List[Tensor], factors: List[Tensor], like: Tensor) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for r in range(torch.len(frequencies)):
      rotary = (self).rope(position, frequencies[r], factors[r], like, )
      _0 = torch.append(result, rotary[0])
      _1 = torch.append(result, rotary[1])
    none = torch.empty([0], dtype=6, device=ops.prim.device(like))
    _2 = torch.append(result, none)
    _3 = torch.append(result, none)
    return result

  # The frequencies [..., rotated / 2] at position [batch], of tables by position or of one vector for all.
  def at_positions(self: __torch__.Kernels, position: Tensor, frequencies: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for r in range(torch.len(frequencies)):
      frequency = frequencies[r]
      if torch.eq(torch.dim(frequency), 2):
        frequency = torch.index_select(frequency, 0, position)
      _0 = torch.append(result, frequency)
    return result

  # Where a layer's cosines are among rotations.
  def rotation(self: __torch__.Kernels, layer: int, rotations: List[Tensor]) -> int:
    at = torch.mul(2, self.rotary[layer])
    if torch.lt(at, 0):
      at = torch.sub(torch.len(rotations), 2)
    return at

  # Fills the cache from prompts that share what they have in common at their start (a prefix tree): linear layers see
  # every distinct token once, attention runs per prompt.
  # x [nodes, hidden]: what the first block reads; position [nodes] int64; path [documents, longest] int64: node of each position of the prompts that attention
  # runs over (padded on the right); owner [nodes] int64: where in the flattened paths a node's output is read; filled
  # [batch, longest] int64: node of each slot (padded on the left, with any node); last [batch] int64: the node that ends
  # each prompt. Returns logits [batch, vocabulary] float32 of what follows.
  def prefill(self: __torch__.Kernels, x: Tensor, position: Tensor, path: Tensor, owner: Tensor, filled: Tensor, last: Tensor, frequencies: List[Tensor], factors: List[Tensor], keys: List[Tensor], values: List[Tensor], norm: List[Tensor], head: Tensor, w: List[List[Tensor]], a: List[List[Tensor]]) -> List[Tensor]:
    later = (self).later_places(x, path, )
    rotations = (self).rotations(position, frequencies, factors, x, )
    layers = torch.len(keys)
    for i in range(layers):
      x = (self).prefill_layer(i, x, rotations, later, path, owner, filled, last, keys[i], values[i], w[i], a[i], )
    return (self).following(x, norm, head, )

  # -inf above the diagonal of [block, block]: places of a block that are not seen yet.
  def later_places(self: __torch__.Kernels, x: Tensor, path: Tensor) -> Tensor:
    block = ops.prim.min(torch.size(path, 1), 128)
    return torch.triu(torch.full([block, block], float("-inf"), dtype=ops.prim.dtype(x), device=ops.prim.device(x)), 1)

  # A layer of prefill: x [nodes, hidden] is what it reads; keys, values: the layer's own. Of the last one only what ends each
  # prompt is computed: [batch, hidden].
  def prefill_layer(self: __torch__.Kernels, i: int, x: Tensor, rotations: List[Tensor], later: Tensor, path: Tensor, owner: Tensor, filled: Tensor, last: Tensor, keys: Tensor, values: Tensor, wi: List[Tensor], ai: List[Tensor]) -> Tensor:
    longest = torch.size(path, 1)
    cosine = (self).rotation(i, rotations, )
    q, k, v = (self).projections((self).norm(x, self.norm_input, wi, ), rotations[cosine], rotations[torch.add(cosine, 1)], wi, ai, annotate(List[float], []), )
    _0 = torch.copy_(torch.narrow(keys, 2, 0, longest), (self).by_path(k, filled, ))
    _1 = torch.copy_(torch.narrow(values, 2, 0, longest), (self).by_path(v, filled, ))
    window = torch.mul(self.windowed[i], self.window)
    attended = (self).prompt_attention((self).by_path(q, path, ), (self).by_path(k, path, ), (self).by_path(v, path, ), later, window, )
    if torch.eq(torch.add(i, 1), torch.len(self.rotary)):
      # What other nodes would give is not read.
      x = torch.index_select(x, 0, last)
      attended = torch.index_select(attended, 0, torch.index_select(owner, 0, last))
    else:
      if torch.ne(torch.size(owner, 0), torch.size(attended, 0)):
        attended = torch.index_select(attended, 0, owner)
    return (self).after_attention(x, attended, wi, ai, annotate(List[float], []), )

  # The logits [rows, vocabulary] float32 of what follows x, which the last block gave.
  def following(self: __torch__.Kernels, x: Tensor, norm: List[Tensor], head: Tensor) -> List[Tensor]:
    return [(self).logits((self).final_norm(x, norm, ), head, )]

  # What layers of prefill read beside their weights, where each is a call of its own: later places, then rotations.
  def prefill_tables(self: __torch__.Kernels, x: Tensor, position: Tensor, path: Tensor, frequencies: List[Tensor], factors: List[Tensor]) -> List[Tensor]:
    return torch.add([(self).later_places(x, path, )], (self).rotations(position, frequencies, factors, x, ))

  # prefill_layer as a call of its own.
  def prefill_block(self: __torch__.Kernels, i: int, x: Tensor, rotations: List[Tensor], later: Tensor, path: Tensor, owner: Tensor, filled: Tensor, last: Tensor, keys: Tensor, values: Tensor, wi: List[Tensor], ai: List[Tensor]) -> List[Tensor]:
    return [(self).prefill_layer(i, x, rotations, later, path, owner, filled, last, keys, values, wi, ai, )]

  # x [nodes, heads, head_dim] along paths [documents, longest]: [documents, heads, longest, head_dim]
  def by_path(self: __torch__.Kernels, x: Tensor, path: Tensor) -> Tensor:
    documents = torch.size(path, 0)
    longest = torch.size(path, 1)
    if torch.eq(torch.size(x, 0), torch.mul(documents, longest)):
      # Nothing is shared or padded: nodes lie in the order of paths.
      y = torch.unflatten(x, 0, [documents, longest])
    else:
      y = torch.unflatten(torch.embedding(torch.flatten(x, 1), path), -1, [-1, self.head_dim])
    return torch.transpose(y, 1, 2)

  # A layer's keys or values with room for more: the new slots hold zeros.
  def longer(self: __torch__.Kernels, x: Tensor, slots: int) -> List[Tensor]:
    return [torch.constant_pad_nd(x, [0, 0, 0, torch.sub(slots, torch.size(x, 2))], 0)]

  # One token more: token, position [batch] int64; slot: where it goes in the cache; mask [batch, 1, slots or more]: 0 for
  # slots that are seen, -inf elsewhere; empty where all up to slot are. Returns logits [batch, vocabulary] float32.
  def step(self: __torch__.Kernels, token: Tensor, position: Tensor, slot: int, mask: Tensor, frequencies: List[Tensor], factors: List[Tensor], keys: List[Tensor], values: List[Tensor], embedding: Tensor, positions: Tensor, norm: List[Tensor], head: Tensor, w: List[List[Tensor]], a: List[List[Tensor]]) -> Tensor:
    tables = (self).step_tables(token, position, slot, mask, frequencies, factors, embedding, positions, )
    x = tables[0]
    rotations = torch.slice(tables, 1, torch.len(tables), 1)
    for i in range(torch.len(keys)):
      x = (self).step_layer(i, x, rotations, slot, mask, keys[i], values[i], w[i], a[i], )
    return (self).logits((self).final_norm(x, norm, ), head, )

  # What the first layer reads for a new token [batch, hidden], then rotations; shows the token's slot in mask, in place.
  def step_tables(self: __torch__.Kernels, token: Tensor, position: Tensor, slot: int, mask: Tensor, frequencies: List[Tensor], factors: List[Tensor], embedding: Tensor, positions: Tensor) -> List[Tensor]:
    x = (self).embedded(token, position, embedding, positions, )
    if torch.gt(torch.numel(mask), 0):
      _0 = torch.fill_(torch.narrow(mask, 2, slot, 1), 0)
    return torch.add([x], (self).rotations(position, (self).at_positions(position, frequencies, ), factors, x, ))

  # A layer of a step: x [batch, hidden] is what it reads; keys, values: the layer's own.
  def step_layer(self: __torch__.Kernels, i: int, x: Tensor, rotations: List[Tensor], slot: int, mask: Tensor, keys: Tensor, values: Tensor, wi: List[Tensor], ai: List[Tensor]) -> Tensor:
    masked = torch.gt(torch.numel(mask), 0)
    end = torch.add(slot, 1)
    if masked:
      # Whole arrays: batched products would copy a part of one first.
      end = torch.size(keys, 2)
    visible = mask
    cosine = (self).rotation(i, rotations, )
    q, k, v = (self).projections((self).norm(x, self.norm_input, wi, ), rotations[cosine], rotations[torch.add(cosine, 1)], wi, ai, annotate(List[float], []), )
    _1 = torch.copy_(torch.select(keys, 2, slot), k)
    _2 = torch.copy_(torch.select(values, 2, slot), v)
    first = 0
    if torch.eq(self.windowed[i], 1):
      first = ops.prim.max(0, torch.sub(torch.add(slot, 1), self.window))
    length = torch.sub(end, first)
    if masked:
      visible = torch.narrow(mask, 2, first, length)
    attended = (self).step_attention(q, torch.narrow(keys, 2, first, length), torch.narrow(values, 2, first, length), visible, )
    return (self).after_attention(x, attended, wi, ai, annotate(List[float], []), )

  # step_layer as a call of its own.
  def step_block(self: __torch__.Kernels, i: int, x: Tensor, rotations: List[Tensor], slot: int, mask: Tensor, keys: Tensor, values: Tensor, wi: List[Tensor], ai: List[Tensor]) -> List[Tensor]:
    return [(self).step_layer(i, x, rotations, slot, mask, keys, values, wi, ai, )]

  # Several tokens of one row at once, each seeing those before it: token [n] int64; position [1] int64 and slot: of the
  # first; other arguments as in step, whose frequencies do not change with the text's length. Returns logits [n,
  # vocabulary] float32.
  def steps(self: __torch__.Kernels, token: Tensor, position: Tensor, slot: int, frequencies: List[Tensor], factors: List[Tensor], keys: List[Tensor], values: List[Tensor], embedding: Tensor, positions: Tensor, norm: List[Tensor], head: Tensor, w: List[List[Tensor]], a: List[List[Tensor]]) -> Tensor:
    count = torch.size(token, 0)
    end = torch.add(slot, count)
    group = torch.floordiv(self.heads, self.kv_heads)
    slots = torch.arange(end, dtype=4, device=ops.prim.device(token))
    before = torch.sub(torch.unsqueeze(torch.narrow(slots, 0, slot, count), 1), slots)
    places = torch.add(torch.narrow(slots, 0, 0, count), position)
    x = (self).embedded(token, places, embedding, positions, )
    rotations = (self).rotations(places, frequencies, factors, x, )
    rows = [torch.mul(count, group), end]
    nothing = torch.zeros([count, group, end], dtype=ops.prim.dtype(x), device=ops.prim.device(x))
    later = torch.unsqueeze(torch.lt(before, 0), 1)
    all = torch.view(torch.masked_fill(nothing, later, float("-inf")), rows)
    near = all
    if torch.gt(self.window, 0):
      far = torch.unsqueeze(torch.ge(before, self.window), 1)
      near = torch.view(torch.masked_fill(nothing, torch.logical_or(later, far), float("-inf")), rows)
    for i in range(torch.len(keys)):
      wi = w[i]
      ai = a[i]
      cosine = (self).rotation(i, rotations, )
      q, k, v = (self).projections((self).norm(x, self.norm_input, wi, ), rotations[cosine], rotations[torch.add(cosine, 1)], wi, ai, annotate(List[float], []), )
      _0 = torch.copy_(torch.narrow(keys[i], 2, slot, count), torch.transpose(k, 0, 1))
      _1 = torch.copy_(torch.narrow(values[i], 2, slot, count), torch.transpose(v, 0, 1))
      visible = all
      if torch.eq(self.windowed[i], 1):
        visible = near
      # The rows of one product are the heads that share keys, of every token.
      grouped = torch.transpose(torch.unflatten(q, 1, [self.kv_heads, group]), 0, 1)
      grouped = torch.reshape(grouped, [1, self.kv_heads, rows[0], self.head_dim])
      attended = torch.scaled_dot_product_attention(grouped, torch.narrow(keys[i], 2, 0, end), torch.narrow(values[i], 2, 0, end), visible, 0., False, scale=self.scale, enable_gqa=False)
      attended = torch.transpose(torch.unflatten(torch.select(attended, 0, 0), 1, [count, group]), 0, 1)
      x = (self).after_attention(x, torch.reshape(attended, [count, -1]), wi, ai, annotate(List[float], []), )
    return (self).logits((self).final_norm(x, norm, ), head, )

  # Whether a row's tokens are drafted ahead: where products of four rows cost no more than of one (weights packed by
  # oneDNN, which are read from memory either way), and nothing depends on where the text ends.
  def speculates(self: __torch__.Kernels, position: Tensor, frequencies: List[Tensor], positions: Tensor, w: List[List[Tensor]]) -> bool:
    result = torch.__and__(torch.eq(torch.size(position, 0), 1), torch.eq(self.score_cap, 0.))
    result = torch.__and__(result, torch.eq(torch.numel(positions), 0))
    for r in range(torch.len(frequencies)):
      result = torch.__and__(result, torch.eq(torch.dim(frequencies[r]), 1))
    for layer in [self.slot_q, self.slot_o, self.slot_down]:
      result = torch.__and__(result, ops.prim.is_mkldnn(w[0][(self).weight_index(layer, )]))
    return result

  # What may follow text[: end]: the 3 tokens that followed the last place which ends like it, in two tokens or at least in
  # one, as far as these are written. Where there is none, what was likeliest after tokens that were drafted wrong (Jacobi
  # decoding, Santilli et al. 2023), and then any. text [at least end + 3] int64; after [at most 3, vocabulary]: logits.
  def draft(self: __torch__.Kernels, text: Tensor, end: int, after: Tensor) -> Tensor:
    drafted = torch.narrow(text, 0, 0, 3)
    last = torch.sub(end, 1)
    matched = False
    if torch.gt(last, 1):
      matches = torch.to(torch.eq(torch.narrow(text, 0, 1, torch.sub(last, 1)), torch.select(text, 0, last)), 4)
      longer_matches = torch.to(torch.eq(torch.narrow(text, 0, 0, torch.sub(last, 1)), torch.select(text, 0, torch.sub(last, 1))), 4)
      rank = torch.mul(torch.mul(matches, torch.add(longer_matches, 1)), end)
      rank = torch.add(rank, torch.arange(torch.sub(last, 1), dtype=4, device=ops.prim.device(text)))
      place = int(torch.argmax(rank))
      matched = torch.eq(int(torch.select(matches, 0, place)), 1)
      if matched:
        drafted = torch.clone(torch.narrow(text, 0, torch.add(place, 2), 3))
    if torch.__not__(matched):
      drafted = torch.narrow(torch.cat([(self).likeliest(after, ), drafted], 0), 0, 0, 3)
    return drafted

  # Chooses and computes tokens until every row has met a stop token, at most as many as uniform has rows.
  # logits [batch, vocabulary] float32, of one row followed by those after each of drafted [n] int64: tokens that an earlier
  # call has drafted and computed; seen: as sample has it; uniform [tokens, batch] float32 in [0, 1); stops [n] int64;
  # done [batch] bool, in place: rows that need no more; position [batch]: of the first token; more: whether the
  # logits after the last token are wanted too; text: of one row, [slots + 3] int64, to which tokens are added.
  # Tokens of one row may be drafted from what its text says elsewhere, computed with the token before them, and kept as far
  # as the choice falls on them: the choice is the same, made from the same logits, with fewer passes over the weights.
  # Returns tokens [n, batch] int64, their log-probabilities [n, batch] float32, logits and drafted for the next call, and
  # [1] int64: passes over the weights.
  def decode(self: __torch__.Kernels, logits: Tensor, drafted: Tensor, seen: Tensor, uniform: Tensor, stops: Tensor, done: Tensor, position: Tensor, slot: int, more: bool, text: Tensor, mask: Tensor, temperature: float, top_k: int, top_p: float, penalty: float, told: float, frequencies: List[Tensor], factors: List[Tensor], keys: List[Tensor], values: List[Tensor], embedding: Tensor, positions: Tensor, norm: List[Tensor], head: Tensor, w: List[List[Tensor]], a: List[List[Tensor]]) -> List[Tensor]:
    tokens = annotate(List[Tensor], [])
    log_probabilities = annotate(List[Tensor], [])
    count = torch.size(uniform, 0)
    open = True
    t = 0
    passes = 0
    speculative = (self).speculates(position, frequencies, positions, w, )
    while open:
      next = torch.narrow(logits, 0, 0, torch.size(position, 0))
      chosen = (self).choose(next, seen, torch.select(uniform, 0, t), stops, done, temperature, top_k, top_p, penalty, told, )
      token = chosen[0]
      _0 = torch.append(tokens, token)
      _1 = torch.append(log_probabilities, chosen[1])
      if torch.gt(torch.numel(stops), 0):
        open = torch.__not__(bool(torch.all(done)))
      last = torch.eq(torch.add(t, 1), count)
      if torch.__and__(open, torch.__or__(more, torch.__not__(last))):
        at = torch.add(slot, t)
        place = torch.add(position, t)
        if speculative:
          _4 = torch.copy_(torch.narrow(text, 0, at, 1), token)
          known = False
          if torch.gt(torch.size(drafted, 0), 0):
            known = torch.eq(int(token), int(torch.select(drafted, 0, 0)))
          # What was computed after the chosen token, or after another in its place.
          rest = torch.sub(torch.size(logits, 0), 1)
          logits = torch.narrow(logits, 0, 1, rest)
          if known:
            drafted = torch.narrow(drafted, 0, 1, torch.sub(rest, 1))
          else:
            drafted = (self).draft(text, torch.add(at, 1), logits, )
            logits = (self).steps(torch.cat([token, drafted], 0), place, at, frequencies, factors, keys, values, embedding, positions, norm, head, w, a, )
            passes = torch.add(passes, 1)
        else:
          logits = (self).step(token, place, at, mask, frequencies, factors, keys, values, embedding, positions, norm, head, w, a, )
          passes = torch.add(passes, 1)
      t = torch.add(t, 1)
      open = torch.__and__(open, torch.__not__(last))
    return [torch.stack(tokens, 0), torch.stack(log_probabilities, 0), torch.contiguous(logits), drafted, torch.full([1], passes, dtype=4)]

  # As sample, and notes the tokens: seen and done are those of decode, in place.
  def choose(self: __torch__.Kernels, logits: Tensor, seen: Tensor, uniform: Tensor, stops: Tensor, done: Tensor, temperature: float, top_k: int, top_p: float, penalty: float, told: float) -> List[Tensor]:
    chosen = (self).sample(logits, seen, uniform, temperature, top_k, top_p, penalty, told, )
    if torch.ne(penalty, 1.):
      _0 = torch.scatter_(seen, 1, torch.unsqueeze(chosen[0], 1), True)
    if torch.gt(torch.numel(stops), 0):
      _1 = torch.logical_or_(done, torch.any(torch.eq(torch.unsqueeze(chosen[0], 1), stops), 1))
    return chosen

  # The next token of each row: [tokens [batch] int64, log-probability of each [batch] at the temperature told: 1 for the
  # unmodified distribution].
  # logits [batch, vocabulary] float32; seen [batch, vocabulary] bool: tokens of the row so far; uniform [batch] in [0, 1).
  # Order as Hugging Face's: repetition penalty, temperature, top-k, top-p; temperature 0 is greedy.
  def sample(self: __torch__.Kernels, logits: Tensor, seen: Tensor, uniform: Tensor, temperature: float, top_k: int, top_p: float, penalty: float, told: float) -> List[Tensor]:
    raw = logits
    if torch.ne(penalty, 1.):
      lowered = torch.where(torch.lt(logits, 0), torch.mul(logits, penalty), torch.div(logits, penalty))
      logits = torch.where(seen, lowered, logits)
    if torch.eq(temperature, 0.):
      token = (self).likeliest(logits, )
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
      last = torch.sub(torch.sum(torch.gt(p, 0.), [-1], True), 1)
      rank = torch.minimum(torch.sum(torch.le(cumulative, threshold), [-1], True), last)
      token = torch.squeeze(torch.gather(index, -1, rank), -1)
    if torch.ne(told, 1.):
      raw = torch.div(raw, told)
    logp = torch.squeeze(torch.gather(torch.log_softmax(raw, -1), -1, torch.unsqueeze(token, -1)), -1)
    return [token, logp]

  # argmax of each row of logits [batch, vocabulary]: the first of equals. First the best block, by a maximum, which
  # uses vector instructions, and then the best of its members; argmax over everything uses none.
  def likeliest(self: __torch__.Kernels, logits: Tensor) -> Tensor:
    width = 128
    if torch.eq(torch.remainder(torch.size(logits, -1), width), 0):
      blocks = torch.unflatten(logits, -1, [-1, width])
      best = torch.argmax(torch.amax(blocks, [-1], False), -1)
      rows = torch.arange(torch.size(logits, 0), dtype=4, device=ops.prim.device(logits))
      members = torch.index(blocks, annotate(List[Optional[Tensor]], [rows, best]))
      token = torch.add(torch.mul(best, width), torch.argmax(members, -1))
    else:
      token = torch.argmax(logits, -1)
    return token

  # seen[row, token] = True, in place.
  def remember(self: __torch__.Kernels, seen: Tensor, tokens: Tensor) -> List[Tensor]:
    _0 = torch.scatter_(seen, 1, tokens, True)
    return annotate(List[Tensor], [])
