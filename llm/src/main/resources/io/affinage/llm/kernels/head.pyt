  # The output head and its loss, only where there is a target.
  # x [nodes, hidden]; at [targets]: the node that predicts; target [targets] int64; weight [targets] float32: how many
  # examples share this prediction; norm [hidden]; head [vocabulary, hidden].
  # smoothing: share of the target's probability that is spread over the vocabulary.
  # Returns the weighted sum of -log p (not the mean), in float32.
  def head_loss(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, weight: Tensor, smoothing: float, norm: Tensor, head: Tensor) -> Tensor:
    h = torch.rms_norm(torch.index_select(x, 0, at), [torch.size(x, -1)], norm, self.eps)
    logits = torch.to(torch.linear(h, head, None), 6)
    loss = torch.cross_entropy_loss(logits, target, None, 0, -100, smoothing)
    return torch.sum(torch.mul(loss, weight))

  # [loss sum, gradient of x, gradient of norm if it requires one, gradient of head if it requires one], in chunks of
  # targets so that only a chunk's logits exist at a time. scale [] float32 multiplies the gradients; smoothing [1]
  # float64 on the CPU. Gradients of norm and head are float32, whatever these are.
  def head_vjp(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, weight: Tensor, scale: Tensor, smoothing: Tensor, norm: Tensor, head: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    inputs = annotate(List[Tensor], [leaf])
    if ops.prim.requires_grad(norm):
      _0 = torch.append(inputs, norm)
    if ops.prim.requires_grad(head):
      _1 = torch.append(inputs, head)
    sums = annotate(List[Tensor], [])
    total = torch.zeros([], dtype=6, device=ops.prim.device(x))
    count = torch.size(at, 0)
    chunks = torch.floordiv(torch.add(count, torch.sub(self.chunk, 1)), self.chunk)
    for c in range(chunks):
      start = torch.mul(c, self.chunk)
      length = ops.prim.min(self.chunk, torch.sub(count, start))
      loss = (self).head_loss(leaf, torch.narrow(at, 0, start, length), torch.narrow(target, 0, start, length), torch.narrow(weight, 0, start, length), float(torch.select(smoothing, 0, 0)), norm, head, )
      found = (self).gradients(loss, scale, inputs, )
      if torch.eq(c, 0):
        _4 = torch.append(sums, found[0])
        for j in range(torch.sub(torch.len(found), 1)):
          _5 = torch.append(sums, torch.to(found[torch.add(j, 1)], 6))
      else:
        for i in range(torch.len(found)):
          _2 = torch.add_(sums[i], found[i])
      total = torch.add(total, torch.detach(loss))
    result = annotate(List[Tensor], [total])
    for i2 in range(torch.len(sums)):
      _3 = torch.append(result, sums[i2])
    return result

  # -log p of each target, without gradients: [targets] float32
  def token_losses(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, norm: Tensor, head: Tensor) -> List[Tensor]:
    count = torch.size(at, 0)
    parts = annotate(List[Tensor], [])
    chunks = torch.floordiv(torch.add(count, torch.sub(self.chunk, 1)), self.chunk)
    for c in range(chunks):
      start = torch.mul(c, self.chunk)
      length = ops.prim.min(self.chunk, torch.sub(count, start))
      h = torch.rms_norm(torch.index_select(x, 0, torch.narrow(at, 0, start, length)), [torch.size(x, -1)], norm, self.eps)
      logits = torch.to(torch.linear(h, head, None), 6)
      _0 = torch.append(parts, torch.cross_entropy_loss(logits, torch.narrow(target, 0, start, length), None, 0, -100, 0.))
    return [torch.cat(parts, 0)]

  # embedded [nodes, hidden] plus uniform noise of each node's magnitude [nodes, 1]; seed [1] float64 on the CPU.
  def noisy(self: __torch__.Kernels, embedded: Tensor, magnitude: Tensor, seed: Tensor) -> List[Tensor]:
    _0 = torch.manual_seed(int(torch.select(seed, 0, 0)))
    noise = torch.sub(torch.mul(torch.rand_like(embedded, dtype=6), 2.), 1.)
    return [torch.add(embedded, torch.type_as(torch.mul(noise, magnitude), embedded))]

  # The gradient of a tied or trained embedding [vocabulary, hidden], float32, from that of its looked-up rows.
  def embed_vjp(self: __torch__.Kernels, upstream: Tensor, tokens: Tensor, weight: Tensor) -> List[Tensor]:
    return [torch.embedding_dense_backward(torch.to(upstream, 6), tokens, torch.size(weight, 0), -1, False)]
