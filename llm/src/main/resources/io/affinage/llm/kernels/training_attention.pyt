  # Attention over a row of documents that share prefixes (linear layers see every distinct token once, attention runs per
  # document), and its gradients. heads: what a layer gave for each node, [nodes, heads + 2 kv_heads, head_dim]: queries,
  # keys, values, the first two rotated.

  # Where heads are read and outputs come from. path [documents, longest] int64: node of each position (right-padded); owner
  # [nodes] int64: where in the flattened paths a node's output is read. Returns
  # - gather: which head of which node, node (heads + 2 kv_heads) + head: first queries [documents, kv_heads, group,
  #   longest], then keys and then values [documents, kv_heads, longest];
  # - outputs [nodes, heads]: which of the outputs [documents, kv_heads, group, longest].
  def tree_places(self: __torch__.Kernels, path: Tensor, owner: Tensor) -> List[Tensor]:
    longest = torch.size(path, 1)
    all = torch.add(self.heads, torch.mul(self.kv_heads, 2))
    head = torch.arange(all, dtype=4, device=ops.prim.device(path))
    place = torch.add(torch.unsqueeze(torch.mul(path, all), 1), torch.view(head, [1, -1, 1]))
    q, k, v = torch.split_with_sizes(place, [self.heads, self.kv_heads, self.kv_heads], 1)
    gather = torch.cat([torch.flatten(q), torch.flatten(k), torch.flatten(v)], 0)
    document = torch.unsqueeze(torch.floor_divide(owner, longest), 1)
    position = torch.unsqueeze(torch.remainder(owner, longest), 1)
    first = torch.add(torch.mul(document, self.heads), torch.narrow(head, 0, 0, self.heads))
    return [gather, torch.flatten(torch.add(torch.mul(first, longest), position))]

  # Queries [documents * kv_heads, group * longest, head_dim], keys and values [documents * kv_heads, longest, head_dim].
  def tree_parts(self: __torch__.Kernels, rows: Tensor, longest: int) -> List[Tensor]:
    group = torch.floordiv(self.heads, self.kv_heads)
    keys = torch.floordiv(torch.size(rows, 0), torch.add(group, 2))
    q, k, v = torch.split_with_sizes(rows, [torch.mul(keys, group), keys, keys], 0)
    return [torch.view(q, [-1, torch.mul(group, longest), self.head_dim]), torch.view(k, [-1, longest, self.head_dim]), torch.view(v, [-1, longest, self.head_dim])]

  # softmax of scores, [documents * kv_heads, group, longest, longest]. score [documents * kv_heads, group * longest,
  # longest]: products of queries with keys; mask [longest, longest]: 0 where a position sees another, -inf elsewhere.
  def tree_weights(self: __torch__.Kernels, score: Tensor, mask: Tensor) -> Tensor:
    factor = self.scale
    if torch.gt(self.score_cap, 0.):
      score = (self).capped(torch.mul(score, self.scale), )
      factor = 1.
    longest = torch.size(mask, 0)
    rows = torch.view(score, [torch.size(score, 0), -1, longest, longest])
    return torch.softmax(torch.add(mask, rows, alpha=factor), -1)

  # What heads gather, [nodes, heads * head_dim]; gather, outputs: as tree_places returns them. Puts the softmax into saved
  # where it is no larger than a few arrays of the row, else nothing: it is computed again then.
  def tree_attention(self: __torch__.Kernels, heads: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, saved: List[Tensor]) -> Tensor:
    q, k, v = (self).tree_parts(torch.embedding(torch.view(heads, [-1, self.head_dim]), gather), torch.size(mask, 0), )
    weight = (self).tree_weights(torch.bmm(q, torch.transpose(k, 1, 2)), mask, )
    out = torch.bmm(torch.view(weight, [torch.size(q, 0), -1, torch.size(mask, 0)]), v)
    small = torch.le(torch.numel(weight), torch.mul(torch.numel(heads), 3))
    if torch.__and__(small, torch.eq(self.score_cap, 0.)):
      _0 = torch.append(saved, weight)
    else:
      _1 = torch.append(saved, torch.new_empty(heads, [0]))
    return torch.view(torch.embedding(torch.view(out, [-1, self.head_dim]), outputs), [torch.size(heads, 0), -1])

  # [count, columns]: the sum of those rows that have its number in at. On a CPU scattering is the quickest; elsewhere its
  # order, and so its rounding, would change from run to run.
  def added_rows(self: __torch__.Kernels, rows: Tensor, at: Tensor, count: int) -> Tensor:
    if ops.prim.is_cpu(rows):
      sums = torch.new_zeros(rows, [count, torch.size(rows, 1)])
      _0 = torch.scatter_add_(sums, 0, torch.expand(torch.unsqueeze(at, 1), torch.size(rows)), rows)
    else:
      sums = torch.embedding_dense_backward(rows, at, count, -1, False)
    return sums

  # The gradient of heads. weight: what tree_attention put into saved; upstream [nodes, heads * head_dim].
  def tree_attention_vjp(self: __torch__.Kernels, heads: Tensor, weight: Tensor, upstream: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor) -> Tensor:
    longest = torch.size(mask, 0)
    rows = torch.embedding(torch.view(heads, [-1, self.head_dim]), gather)
    q, k, v = (self).tree_parts(rows, longest, )
    score = torch.new_empty(heads, [0])
    if torch.eq(torch.numel(weight), 0):
      score = torch.bmm(q, torch.transpose(k, 1, 2))
      weight = (self).tree_weights(score, mask, )
    queries = torch.mul(torch.size(q, 0), torch.size(q, 1))
    dout = torch.view((self).added_rows(torch.view(upstream, [-1, self.head_dim]), outputs, queries, ), torch.size(q))
    drows = torch.empty_like(rows)
    dq, dk, dv = (self).tree_parts(drows, longest, )
    _0 = torch.bmm(torch.transpose(torch.view(weight, [torch.size(q, 0), -1, longest]), 1, 2), dout, out=dv)
    dweight = torch.view(torch.bmm(dout, torch.transpose(v, 1, 2)), torch.size(weight))
    dscore = torch.view(torch._softmax_backward_data(dweight, weight, -1, ops.prim.dtype(weight)), [torch.size(q, 0), -1, longest])
    if torch.gt(self.score_cap, 0.):
      # of c tanh(z / c): 1 - tanh^2
      dscore = torch.mul(dscore, torch.rsub(torch.square(torch.tanh(torch.mul(score, torch.div(self.scale, self.score_cap)))), 1.))
    _1 = torch.baddbmm_(dq, dscore, k, beta=0, alpha=self.scale)
    _2 = torch.baddbmm_(dk, torch.transpose(dscore, 1, 2), q, beta=0, alpha=self.scale)
    return torch.view((self).added_rows(drows, gather, torch.floordiv(torch.numel(heads), self.head_dim), ), torch.size(heads))

  # Rotates queries and keys in place. heads [nodes, heads + 2 kv_heads, head_dim]; cos, sin as rotate has them.
  def rotate_in_place(self: __torch__.Kernels, heads: Tensor, cos: Tensor, sin: Tensor) -> NoneType:
    width = torch.size(cos, -1)
    if torch.gt(width, 0):
      part = torch.narrow(torch.narrow(heads, 1, 0, torch.add(self.heads, self.kv_heads)), 2, 0, width)
      rolled = torch.roll(part, [torch.floordiv(width, 2)], [-1])
      _0 = torch.addcmul_(torch.mul_(part, cos), rolled, sin)
    return None

  # Whether what the projections give are heads up to rotation: queries, keys, values side by side, without norms.
  def direct(self: __torch__.Kernels) -> bool:
    return torch.__and__(torch.ne(self.packing, 2), torch.__not__(self.query_key_norm))

  # heads of what the projections gave [nodes, ...], which is overwritten where it is direct.
  def heads_of(self: __torch__.Kernels, qkv: Tensor, cos: Tensor, sin: Tensor, w: List[Tensor]) -> Tensor:
    if (self).direct():
      heads = torch.view(qkv, [torch.size(qkv, 0), -1, self.head_dim])
      (self).rotate_in_place(heads, cos, sin, )
    else:
      heads = torch.cat((self).rotated_heads([qkv], cos, sin, w, ), 1)
    return heads

  # The gradient of what the projections gave. qkv: that itself, or where it is direct the heads; weight: what
  # tree_attention put into saved; upstream [nodes, heads * head_dim].
  def attention_vjp(self: __torch__.Kernels, qkv: Tensor, weight: Tensor, upstream: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], gradients: List[Tensor]) -> Tensor:
    if (self).direct():
      heads = torch.view(qkv, [torch.size(qkv, 0), -1, self.head_dim])
      dheads = (self).tree_attention_vjp(heads, weight, upstream, gather, outputs, mask, )
      # The inverse of a rotation is one by the negative angle.
      (self).rotate_in_place(dheads, cos, torch.neg(sin), )
      dqkv = torch.flatten(dheads, 1)
    else:
      leaf = torch.requires_grad_(torch.detach(qkv), True)
      inputs = annotate(List[Tensor], [leaf])
      trained = annotate(List[int], [])
      if self.query_key_norm:
        # Weight and bias of the queries' norm, then of the keys'.
        for i in range(4):
          at = torch.add((self).norm_weight_index(self.norm_query, ), i)
          if ops.prim.requires_grad(w[at]):
            _0 = torch.append(trained, at)
            _1 = torch.append(inputs, w[at])
      torch.set_grad_enabled(True)
      heads = (self).heads_of(leaf, cos, sin, w, )
      torch.set_grad_enabled(False)
      dheads = (self).tree_attention_vjp(torch.detach(heads), weight, upstream, gather, outputs, mask, )
      own = (self).gradients(heads, dheads, inputs, )
      dqkv = own[0]
      for j in range(torch.len(trained)):
        _2 = torch._set_item(gradients, trained[j], own[torch.add(j, 1)])
    return dqkv
