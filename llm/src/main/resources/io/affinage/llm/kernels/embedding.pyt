  # The input of the first block. An embedding that is mapped from a file in 16 bits is widened row by row where float32 is
  # computed with. embedding_scale: what looked-up rows are multiplied by (Gemma), rounded to the
  # embedding's type; positions [contexts, hidden]: learned positions (GPT-2), empty without.
  def scaled(self: __torch__.Kernels, x: Tensor) -> Tensor:
    y = x
    if torch.ne(self.embedding_scale, 1.):
      y = torch.mul(x, torch.full([], self.embedding_scale, dtype=ops.prim.dtype(x), device=ops.prim.device(x)))
    return y

  def looked_up(self: __torch__.Kernels, tokens: Tensor, weight: Tensor) -> Tensor:
    return (self).scaled(torch.to(torch.embedding(weight, tokens), self.precision), )

  # tokens, position [...] int64; weight [vocabulary, hidden]; returns [..., hidden]
  def embedded(self: __torch__.Kernels, tokens: Tensor, position: Tensor, weight: Tensor, positions: Tensor) -> Tensor:
    x = (self).looked_up(tokens, weight, )
    if torch.gt(torch.numel(positions), 0):
      x = torch.add(x, torch.embedding(positions, position))
    return x

  # The same where tokens may be virtual: those below 0 have a row of prompt [virtual, hidden], -1 the first. It is not scaled.
  def embed(self: __torch__.Kernels, tokens: Tensor, position: Tensor, weight: Tensor, positions: Tensor, prompt: Tensor) -> List[Tensor]:
    if torch.eq(torch.numel(prompt), 0):
      x = (self).embedded(tokens, position, weight, positions, )
    else:
      virtual = torch.unsqueeze(torch.lt(tokens, 0), -1)
      rows = torch.embedding(torch.to(prompt, self.precision), torch.clamp_min(torch.rsub(tokens, -1), 0))
      x = torch.where(virtual, rows, (self).looked_up(torch.clamp_min(tokens, 0), weight, ))
      if torch.gt(torch.numel(positions), 0):
        x = torch.add(x, torch.embedding(positions, position))
    return [x]

  # Rows of the embedding as the first block reads them, float32.
  def embedding_rows(self: __torch__.Kernels, tokens: Tensor, weight: Tensor) -> List[Tensor]:
    return [torch.to((self).looked_up(tokens, weight, ), 6)]

  # Adds the gradient of the prompt to sum [virtual, hidden], from that of the embedded rows.
  def prompt_vjp(self: __torch__.Kernels, upstream: Tensor, tokens: Tensor, sum: Tensor) -> List[Tensor]:
    at = torch.squeeze(torch.nonzero(torch.lt(tokens, 0)), 1)
    rows = torch.to(torch.index_select(upstream, 0, at), 6)
    _0 = (self).add_rows(sum, rows, torch.rsub(torch.index_select(tokens, 0, at), -1), )
    return annotate(List[Tensor], [])

  # embedded [nodes, hidden] plus uniform noise of each node's magnitude [nodes, 1]; seed [1] float64 on the CPU.
  def noisy(self: __torch__.Kernels, embedded: Tensor, magnitude: Tensor, seed: Tensor) -> List[Tensor]:
    _0 = torch.manual_seed(int(torch.select(seed, 0, 0)))
    noise = torch.sub(torch.mul(torch.rand_like(embedded, dtype=6), 2.), 1.)
    return [torch.add(embedded, torch.type_as(torch.mul(noise, magnitude), embedded))]

  # sum[at[i]] += rows[i], in place: what comes to one row is added up in float32 first. at [n] int64
  def add_rows(self: __torch__.Kernels, sum: Tensor, rows: Tensor, at: Tensor) -> Tensor:
    distinct, place, _0, = torch._unique2(at, True, True, False)
    added = torch.embedding_dense_backward(rows, place, torch.numel(distinct), -1, False)
    total = torch.add_(added, torch.index_select(sum, 0, distinct))
    return torch.index_copy_(sum, 0, distinct, torch.type_as(total, sum))

  # Adds the gradients of embedding and learned positions, of those that are trained, to sums in this order, from that of
  # the embedded rows.
  def embed_vjp(self: __torch__.Kernels, upstream: Tensor, tokens: Tensor, position: Tensor, weight: Tensor, positions: Tensor, sums: List[Tensor]) -> List[Tensor]:
    wide = torch.to(upstream, 6)
    next = 0
    if ops.prim.requires_grad(weight):
      # Virtual tokens are none of the embedding's.
      own = torch.masked_fill((self).scaled(wide, ), torch.unsqueeze(torch.lt(tokens, 0), -1), 0)
      _0 = (self).add_rows(sums[0], own, torch.clamp_min(tokens, 0), )
      next = 1
    if ops.prim.requires_grad(positions):
      _1 = (self).add_rows(sums[next], wide, position, )
    return annotate(List[Tensor], [])
