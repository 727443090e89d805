  # The output head and its loss, only where there is a target. Attribute logit_cap: soft cap of the logits (Gemma 2), 0
  # without one. norm: weight and bias of the final norm, the bias empty where there is none.

  # The head as products take it: one that is mapped from a file in 16 bits is widened where float32 is computed with.
  def computable(self: __torch__.Kernels, head: Tensor) -> Tensor:
    w = head
    if torch.__not__(ops.prim.is_mkldnn(head)):
      w = torch.to(head, self.precision)
    return w

  # h [..., hidden] normalized; head: plain or packed (linear.pyt) -> logits [..., vocabulary] in the type of h
  def scores(self: __torch__.Kernels, h: Tensor, head: Tensor) -> Tensor:
    none = torch.empty([0], dtype=6)
    y = (self).product(h, (self).computable(head, ), none, none, )
    if torch.gt(self.logit_cap, 0.):
      y = torch.mul(torch.tanh(torch.div(y, self.logit_cap)), self.logit_cap)
    return y

  # The same as float32.
  def logits(self: __torch__.Kernels, h: Tensor, head: Tensor) -> Tensor:
    return torch.to((self).scores(h, head, ), 6)

  # x [nodes, hidden]; at [targets]: the node that predicts; target [targets] int64; weight [targets] float32: how many
  # examples share this prediction; head [vocabulary, hidden]; scale [] float32 multiplies the gradients; shape [2] float64 on
  # the CPU: share of the target's probability that is spread over the vocabulary, and the temperature of the distribution.
  # Returns [weighted sum of -log p (not the mean), gradient of x, gradient of each norm array that requires one], in chunks
  # of targets so that only a chunk's logits exist at a time. The sum and the gradients of norm are float32, whatever these
  # are. The gradient of head is added to sum, float32 or of head's type; nothing is where sum is empty.
  def head_vjp(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, weight: Tensor, scale: Tensor, shape: Tensor, norm: List[Tensor], head: Tensor, sum: Tensor) -> List[Tensor]:
    spread = float(torch.select(shape, 0, 0))
    temperature = float(torch.select(shape, 0, 1))
    nothing = torch.empty([0], dtype=6)
    leaf = torch.requires_grad_(torch.detach(x), True)
    inputs = annotate(List[Tensor], [leaf])
    for n in range(torch.len(norm)):
      array = norm[n]
      if ops.prim.requires_grad(array):
        _0 = torch.append(inputs, array)
    normed = (self).final_norm(torch.index_select(leaf, 0, at), norm, )
    h = torch.detach(normed)
    w = (self).computable(torch.detach(head), )
    upstream = torch.empty_like(h)
    total = torch.zeros([], dtype=6, device=ops.prim.device(x))
    count = torch.size(at, 0)
    chunks = torch.floordiv(torch.add(count, torch.sub(self.chunk, 1)), self.chunk)
    for c in range(chunks):
      start = torch.mul(c, self.chunk)
      length = ops.prim.min(self.chunk, torch.sub(count, start))
      rows = torch.narrow(h, 0, start, length)
      index = torch.unsqueeze(torch.narrow(target, 0, start, length), -1)
      share = torch.unsqueeze(torch.narrow(weight, 0, start, length), -1)
      g = (self).scores(rows, w, )
      total = torch.add(total, torch.sum(torch.mul((self).residuals(g, index, spread, temperature, nothing, ), share)))
      share = torch.mul(share, scale)
      _1 = torch.copy_(torch.narrow(upstream, 0, start, length), torch.mul(torch.mm(g, w), share))
      if torch.gt(torch.numel(sum), 0):
        _2 = (self).add_product(sum, torch.t(g), torch.type_as(torch.mul(rows, share), rows), )
    gradients = (self).gradients(normed, upstream, inputs, )
    result = annotate(List[Tensor], [total, gradients[0]])
    for i in range(torch.sub(torch.len(gradients), 1)):
      _3 = torch.append(result, torch.to(gradients[torch.add(i, 1)], 6))
    return result

  # head_vjp in two calls, for weights that follow from the losses: logits are computed once. Of a frozen head alone, for its
  # gradient would need them again. reading: as token_losses has it.
  # Returns [-log p [targets] float32, its gradient by the normalized node [targets, hidden], entropies [targets] or empty].
  def head_rows(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, reading: Tensor, norm: List[Tensor], head: Tensor) -> List[Tensor]:
    temperature = float(torch.select(reading, 0, 0))
    h = torch.detach((self).final_norm(torch.index_select(torch.detach(x), 0, at), norm, ))
    w = (self).computable(torch.detach(head), )
    upstream = torch.empty_like(h)
    count = torch.size(at, 0)
    losses = torch.empty([count], dtype=6, device=ops.prim.device(x))
    entropies = torch.empty([torch.mul(count, int(torch.select(reading, 0, 1)))], dtype=6, device=ops.prim.device(x))
    entropy = entropies
    chunks = torch.floordiv(torch.add(count, torch.sub(self.chunk, 1)), self.chunk)
    for c in range(chunks):
      start = torch.mul(c, self.chunk)
      length = ops.prim.min(self.chunk, torch.sub(count, start))
      index = torch.unsqueeze(torch.narrow(target, 0, start, length), -1)
      g = (self).scores(torch.narrow(h, 0, start, length), w, )
      if torch.gt(torch.numel(entropies), 0):
        entropy = torch.narrow(entropies, 0, start, length)
      _0 = torch.copy_(torch.narrow(losses, 0, start, length), torch.squeeze((self).residuals(g, index, 0., temperature, entropy, ), -1))
      _1 = torch.copy_(torch.narrow(upstream, 0, start, length), torch.mm(g, w))
    return [losses, upstream, entropies]

  # upstream: the second of head_rows; weight [targets] float32: of each target.
  # Returns [gradient of x, gradient of each norm array that requires one], as head_vjp does.
  def head_rows_vjp(self: __torch__.Kernels, x: Tensor, at: Tensor, upstream: Tensor, weight: Tensor, norm: List[Tensor]) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    inputs = annotate(List[Tensor], [leaf])
    for n in range(torch.len(norm)):
      array = norm[n]
      if ops.prim.requires_grad(array):
        _0 = torch.append(inputs, array)
    normed = (self).final_norm(torch.index_select(leaf, 0, at), norm, )
    weighted = torch.type_as(torch.mul(upstream, torch.unsqueeze(weight, -1)), upstream)
    gradients = (self).gradients(normed, weighted, inputs, )
    result = annotate(List[Tensor], [gradients[0]])
    for i in range(torch.sub(torch.len(gradients), 1)):
      _1 = torch.append(result, torch.to(gradients[torch.add(i, 1)], 6))
    return result

  # sum [rows, columns] += left [rows, n] @ right [n, columns], in place; by some rows together where the product is of
  # another type, so that it never exists as a whole.
  def add_product(self: __torch__.Kernels, sum: Tensor, left: Tensor, right: Tensor) -> Tensor:
    if torch.eq(ops.prim.dtype(sum), ops.prim.dtype(right)):
      _0 = torch.addmm_(sum, left, right)
    else:
      totals = torch.split(sum, 8192, 0)
      parts = torch.split(left, 8192, 0)
      for i in range(torch.len(parts)):
        _1 = torch.add_(totals[i], torch.type_as(torch.mm(parts[i], right), sum))
    return sum

  # Turns logits [targets, vocabulary] in place into the gradient of each target's loss; index [targets, 1]: the targets,
  # spread, temperature: as shape has them; entropies [targets] float32, in place, or empty. Returns the losses [targets, 1]
  # float32. Goes by rows of a million values together, which stay in the cache as float32.
  def residuals(self: __torch__.Kernels, logits: Tensor, index: Tensor, spread: float, temperature: float, entropies: Tensor) -> Tensor:
    losses = torch.empty([torch.size(logits, 0), 1], dtype=6, device=ops.prim.device(logits))
    parts = torch.split(logits, ops.prim.max(1, torch.floordiv(1048576, torch.size(logits, 1))), 0)
    start = 0
    for i in range(torch.len(parts)):
      part = parts[i]
      count = torch.size(part, 0)
      at = torch.narrow(index, 0, start, count)
      z = torch.to(part, 6)
      if torch.ne(temperature, 1.):
        z = torch.div(z, temperature)
      p = torch.log_softmax(z, -1)
      loss = torch.mul(torch.gather(p, -1, at), torch.sub(spread, 1.))
      if torch.gt(spread, 0.):
        loss = torch.sub(loss, torch.mul(torch.mean(p, [-1], True), spread))
      _0 = torch.copy_(torch.narrow(losses, 0, start, count), loss)
      if torch.gt(torch.numel(entropies), 0):
        _6 = torch.copy_(torch.narrow(entropies, 0, start, count), (self).entropy(p, ))
      # p - target, where p overwrites log p.
      _1 = torch.exp_(p)
      _2 = torch.scatter_add_(p, -1, at, torch.full_like(loss, torch.sub(spread, 1.)))
      if torch.gt(spread, 0.):
        _3 = torch.sub_(p, torch.div(spread, torch.size(p, -1)))
      if torch.gt(self.logit_cap, 0.):
        # of c tanh(z / c): 1 - tanh^2
        _4 = torch.mul_(p, torch.rsub(torch.square(torch.div(torch.to(part, 6), self.logit_cap)), 1.))
      if torch.ne(temperature, 1.):
        _7 = torch.div_(p, temperature)
      _5 = torch.copy_(part, p)
      start = torch.add(start, count)
    return losses

  # The entropy of distributions, nats [n], by log p [n, vocabulary]. What cannot occur adds nothing, as it should.
  def entropy(self: __torch__.Kernels, p: Tensor) -> Tensor:
    return torch.neg(torch.sum(torch.mul(torch.exp(p), torch.clamp_min(p, -1.0e30)), [-1]))

  # -log p of each target, without gradients: [targets] float32, and entropies, likewise, or empty. Called as what has
  # gradients is, so that it rounds as head_rows does: what is computed for inference takes another norm. reading [2] float64
  # on the CPU: the temperature of the distribution; 1 where entropies are wanted, else 0.
  def token_losses(self: __torch__.Kernels, x: Tensor, at: Tensor, target: Tensor, reading: Tensor, norm: List[Tensor], head: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    temperature = float(torch.select(reading, 0, 0))
    wanted = torch.eq(int(torch.select(reading, 0, 1)), 1)
    w = (self).computable(head, )
    count = torch.size(at, 0)
    parts = annotate(List[Tensor], [])
    entropies = torch.empty([torch.mul(count, int(torch.select(reading, 0, 1)))], dtype=6, device=ops.prim.device(x))
    chunks = torch.floordiv(torch.add(count, torch.sub(self.chunk, 1)), self.chunk)
    for c in range(chunks):
      start = torch.mul(c, self.chunk)
      length = ops.prim.min(self.chunk, torch.sub(count, start))
      h = (self).final_norm(torch.index_select(x, 0, torch.narrow(at, 0, start, length)), norm, )
      logits = (self).logits(h, w, )
      if torch.ne(temperature, 1.):
        logits = torch.div(logits, temperature)
      if wanted:
        _1 = torch.copy_(torch.narrow(entropies, 0, start, length), (self).entropy(torch.log_softmax(logits, -1), ))
      _0 = torch.append(parts, torch.cross_entropy_loss(logits, torch.narrow(target, 0, start, length), None, 0, -100, 0.))
    torch.set_grad_enabled(True)
    return [torch.cat(parts, 0), entropies]
