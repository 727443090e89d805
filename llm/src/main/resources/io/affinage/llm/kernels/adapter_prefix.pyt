  # Prefix tuning (Li and Liang 2021): virtual tokens stand before every text, and of them attention sees learned keys and
  # values. They are computed as a text's first tokens are, and then have these in place of their own.
  # a: keys, as if rotated already, and values, both [virtual, kv_heads * head_dim]; then tokens [nodes] int64, -1 and below the
  # virtual ones, which are left out where there are none among what is computed.

  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    return y

  def projections(self: __torch__.Kernels, h: Tensor, cos: Tensor, sin: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float]) -> List[Tensor]:
    qkv = (self).linears(h, (self).projection_slots(), w, a, drop, )
    q, k, v = (self).rotated_heads(qkv, cos, sin, w, )
    if torch.gt(torch.len(a), 2):
      keys, values, tokens = torch.slice(a, 0, 3, 1)
      k = (self).with_learned(k, keys, tokens, )
      v = (self).with_learned(v, values, tokens, )
    return [q, k, v]

  # heads [nodes, kv_heads, head_dim] with those of virtual tokens replaced.
  def with_learned(self: __torch__.Kernels, heads: Tensor, learned: Tensor, tokens: Tensor) -> Tensor:
    virtual = torch.view(torch.lt(tokens, 0), [-1, 1, 1])
    rows = torch.embedding(torch.type_as(learned, heads), torch.clamp_min(torch.rsub(tokens, -1), 0))
    return torch.where(virtual, torch.unflatten(rows, 1, [self.kv_heads, self.head_dim]), heads)
