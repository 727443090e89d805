  # Attention. Attributes: heads, kv_heads, head_dim; scale: of the scores; score_cap: soft cap of the scores (Gemma 2),
  # 0 without one; packing: how the projections lie: 0 three layers, 1 one layer with all q, all k, all v (Phi-3, GPT-2),
  # 2 one layer with q, k, v of each head together (GPT-NeoX); query_key_norm: norms of each head (Qwen3, Gemma 3).

  # Rotary embedding (Su et al. 2021) of the first dimensions of each head, as many as cos and sin are wide:
  # none where they are empty. x [..., heads, head_dim]; cos, sin [..., 1, rotated], the first half of sin negated.
  def rotate(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    width = torch.size(cos, -1)
    y = x
    if torch.gt(width, 0):
      part = torch.narrow(x, -1, 0, width)
      y = torch.addcmul(torch.mul(part, cos), torch.roll(part, [torch.floordiv(width, 2)], [-1]), sin)
      if torch.lt(width, self.head_dim):
        y = torch.cat([y, torch.narrow(x, -1, width, torch.sub(self.head_dim, width))], -1)
    return y

  # position [...] int64, frequency [rotated / 2] float32, factor [] float32 -> cos, sin [..., 1, rotated] times factor,
  # in the type of like; the first half of sin is negated.
  def rope(self: __torch__.Kernels, position: Tensor, frequency: Tensor, factor: Tensor, like: Tensor) -> List[Tensor]:
    angle = torch.mul(torch.unsqueeze(torch.to(position, 6), -1), frequency)
    angle = torch.unsqueeze(angle, -2)
    cos = torch.mul(torch.cos(angle), factor)
    sin = torch.mul(torch.sin(angle), factor)
    return [torch.type_as(torch.cat([cos, cos], -1), like), torch.type_as(torch.cat([torch.neg(sin), sin], -1), like)]

  # The layers that give queries, keys and values; what lies stacked is the first of them.
  def projection_slots(self: __torch__.Kernels) -> List[int]:
    slots = (self).attention_layers()
    if self.stacked:
      slots = [self.slot_q]
    return slots

  def attention_layers(self: __torch__.Kernels) -> List[int]:
    slots = [self.slot_q]
    if torch.eq(self.packing, 0):
      slots = [self.slot_q, self.slot_k, self.slot_v]
    return slots

  # Rotated queries and keys, and values of h [..., hidden]: [q [..., heads, head_dim], k, v [..., kv_heads, head_dim]]
  def projections(self: __torch__.Kernels, h: Tensor, cos: Tensor, sin: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float]) -> List[Tensor]:
    qkv = (self).linears(h, (self).projection_slots(), w, a, drop, )
    return (self).rotated_heads(qkv, cos, sin, w, )

  # The same from what those layers gave.
  def rotated_heads(self: __torch__.Kernels, qkv: List[Tensor], cos: Tensor, sin: Tensor, w: List[Tensor]) -> List[Tensor]:
    rotated = False
    if torch.eq(torch.len(qkv), 3):
      q = torch.unflatten(qkv[0], -1, [self.heads, self.head_dim])
      k = torch.unflatten(qkv[1], -1, [self.kv_heads, self.head_dim])
      v = torch.unflatten(qkv[2], -1, [self.kv_heads, self.head_dim])
    else:
      first = qkv[0]
      if torch.ne(self.packing, 2):
        rows = torch.unflatten(first, -1, [-1, self.head_dim])
        queries_and_keys = torch.add(self.heads, self.kv_heads)
        qk = torch.narrow(rows, -2, 0, queries_and_keys)
        if torch.__not__(self.query_key_norm):
          qk = (self).rotate(qk, cos, sin, )
        q = torch.narrow(qk, -2, 0, self.heads)
        k = torch.narrow(qk, -2, self.heads, self.kv_heads)
        v = torch.narrow(rows, -2, queries_and_keys, self.kv_heads)
        rotated = torch.__not__(self.query_key_norm)
      else:
        triples = torch.unflatten(first, -1, [self.heads, 3, self.head_dim])
        q = torch.select(triples, -2, 0)
        k = torch.select(triples, -2, 1)
        v = torch.select(triples, -2, 2)
    if self.query_key_norm:
      q = (self).norm(q, self.norm_query, w, )
      k = (self).norm(k, self.norm_key, w, )
    if torch.__not__(rotated):
      q = (self).rotate(q, cos, sin, )
      k = (self).rotate(k, cos, sin, )
    return [q, k, v]

  def capped(self: __torch__.Kernels, score: Tensor) -> Tensor:
    y = score
    if torch.gt(self.score_cap, 0.):
      y = torch.mul(torch.tanh(torch.div(score, self.score_cap)), self.score_cap)
    return y

  # Attention of prompts over themselves, a block of queries at a time: at most that many rows of scores exist, and keys
  # that come after a block cost nothing. (On a CPU this is 1.5 to 2 times as fast as the fused operator.)
  # q [documents, heads, time, head_dim]; k, v [documents, kv_heads, time, head_dim]; later [block, block]: -inf where the
  # column is later than the row, 0 elsewhere; window: how many positions a query sees, itself included, 0 for all.
  # Returns [documents * time, heads * head_dim].
  def prompt_attention(self: __torch__.Kernels, q: Tensor, k: Tensor, v: Tensor, later: Tensor, window: int) -> Tensor:
    documents = torch.size(q, 0)
    time = torch.size(q, 2)
    batch = torch.mul(documents, self.kv_heads)
    block = torch.size(later, 0)
    keys = torch.transpose(torch.reshape(torch.contiguous(k), [batch, time, self.head_dim]), 1, 2)
    values = torch.reshape(torch.contiguous(v), [batch, time, self.head_dim])
    unused = torch.narrow(values, 2, 0, 1)
    out = torch.empty([documents, time, self.heads, self.head_dim], dtype=ops.prim.dtype(q), device=ops.prim.device(q))
    for b in range(torch.floordiv(torch.add(time, torch.sub(block, 1)), block)):
      first = torch.mul(b, block)
      count = ops.prim.min(block, torch.sub(time, first))
      start = 0
      if torch.gt(window, 0):
        start = ops.prim.max(0, torch.sub(torch.add(first, 1), window))
      length = torch.sub(torch.add(first, count), start)
      rows = torch.reshape(torch.narrow(q, 2, first, count), [batch, -1, self.head_dim])
      score = torch.baddbmm(torch.narrow(unused, 1, 0, 1), rows, torch.narrow(keys, 2, start, length), beta=0, alpha=self.scale)
      score = torch.view((self).capped(score, ), [torch.mul(documents, self.heads), count, length])
      _0 = torch.add_(torch.narrow(score, 2, torch.sub(first, start), count), torch.narrow(torch.narrow(later, 0, 0, count), 1, 0, count))
      if torch.__and__(torch.gt(window, 0), torch.gt(torch.add(first, count), window)):
        at = torch.arange(torch.add(length, start), dtype=4, device=ops.prim.device(q))
        before = torch.sub(torch.unsqueeze(torch.narrow(at, 0, first, count), 1), torch.narrow(at, 0, start, length))
        score = torch.masked_fill(score, torch.ge(before, window), float("-inf"))
      weight = torch.view(torch.softmax(score, -1), [batch, -1, length])
      attended = torch.bmm(weight, torch.narrow(values, 1, start, length))
      attended = torch.view(attended, [documents, self.heads, count, self.head_dim])
      _1 = torch.copy_(torch.narrow(out, 1, first, count), torch.transpose(attended, 1, 2))
    return torch.view(out, [torch.mul(documents, time), torch.mul(self.heads, self.head_dim)])

  # Attention of one new position a row over the cache: the heads that share keys are the rows of one product.
  # q [batch, heads, head_dim]; keys, values [batch, kv_heads, length, head_dim]; mask [batch, 1, length]: 0 where a slot
  # is seen, -inf elsewhere, empty where all are. Returns [batch, heads * head_dim].
  def step_attention(self: __torch__.Kernels, q: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    batch = torch.size(q, 0)
    group = torch.floordiv(self.heads, self.kv_heads)
    if torch.__and__(torch.eq(torch.numel(mask), 0), torch.eq(self.score_cap, 0.)):
      grouped = torch.view(q, [batch, self.kv_heads, group, self.head_dim])
      out = torch.scaled_dot_product_attention(grouped, keys, values, None, 0., False, scale=self.scale, enable_gqa=False)
    else:
      rows = torch.view(torch.mul(q, self.scale), [torch.mul(batch, self.kv_heads), group, self.head_dim])
      score = (self).capped(torch.bmm(rows, torch.transpose(torch.flatten(keys, 0, 1), 1, 2)), )
      if torch.gt(torch.numel(mask), 0):
        score = torch.add_(torch.view(score, [batch, torch.mul(self.kv_heads, group), -1]), mask)
        score = torch.view(score, [torch.mul(batch, self.kv_heads), group, -1])
      out = torch.bmm(torch.softmax(score, -1), torch.flatten(values, 0, 1))
    return torch.reshape(out, [batch, torch.mul(self.heads, self.head_dim)])
