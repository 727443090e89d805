  # The output head and its loss, only where there is a target. Attribute logit_cap: soft cap of the logits (Gemma 2), 0
  # without one. norm: weight and bias of the final norm, the bias empty where there is none.

  # h [..., hidden] normalized -> logits [..., vocabulary] float32
  def logits(self: __torch__.Kernels, h: Tensor, head: Tensor) -> Tensor:
    y = torch.linear(h, head, None)
    if torch.gt(self.logit_cap, 0.):
      y = torch.mul(torch.tanh(torch.div(y, self.logit_cap)), self.logit_cap)
    return torch.to(y, 6)

  # x [nodes, hidden]; at [targets]: the node that predicts; target [targets] int64; weight [targets] float32: how many
  # examples share this prediction; head [vocabulary, hidden].
  # smoothing: share of the target's probability that is spread over the vocabulary.
  # Returns the weighted sum of -log p (not the mean), in float32.
  def head_loss(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, weight: Tensor, smoothing: float, norm: List[Tensor], head: Tensor) -> Tensor:
    h = (self).normalized(torch.index_select(x, 0, at), norm[0], norm[1], )
    logits = (self).logits(h, head, )
    loss = torch.cross_entropy_loss(logits, target, None, 0, -100, smoothing)
    return torch.sum(torch.mul(loss, weight))

  # [loss sum, gradient of x, gradient of each norm array that requires one, gradient of head if it requires one], in chunks of
  # targets so that only a chunk's logits exist at a time. scale [] float32 multiplies the gradients; smoothing [1]
  # float64 on the CPU. Gradients of norm and head are float32, whatever these are.
  def head_vjp(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, weight: Tensor, scale: Tensor, smoothing: Tensor, norm: List[Tensor], head: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    inputs = annotate(List[Tensor], [leaf])
    for n in range(torch.len(norm)):
      part = norm[n]
      if ops.prim.requires_grad(part):
        _0 = torch.append(inputs, part)
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
  def token_losses(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, norm: List[Tensor], head: Tensor) -> List[Tensor]:
    count = torch.size(at, 0)
    parts = annotate(List[Tensor], [])
    chunks = torch.floordiv(torch.add(count, torch.sub(self.chunk, 1)), self.chunk)
    for c in range(chunks):
      start = torch.mul(c, self.chunk)
      length = ops.prim.min(self.chunk, torch.sub(count, start))
      h = (self).normalized(torch.index_select(x, 0, torch.narrow(at, 0, start, length)), norm[0], norm[1], )
      logits = (self).logits(h, head, )
      _0 = torch.append(parts, torch.cross_entropy_loss(logits, torch.narrow(target, 0, start, length), None, 0, -100, 0.))
    return [torch.cat(parts, 0)]
