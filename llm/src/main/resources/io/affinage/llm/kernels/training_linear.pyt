  # Linear layers of a block in training, and their gradients. Layers that read the same x are computed together: what they
  # give lies side by side, [nodes, sum of out], and so do the narrow products of their adapters, [nodes, sum of ranks].
  # drop: the dropout's probability and seed, empty without. Each slot has a mask of its own, the same every time.

  # Columns that each layer gives; y: what all give.
  def widths(self: __torch__.Kernels, slots: List[int], y: int) -> List[int]:
    result = [y]
    if torch.eq(torch.len(slots), 2):
      result = [torch.floordiv(y, 2), torch.floordiv(y, 2)]
    if torch.eq(torch.len(slots), 3):
      k = torch.mul(self.kv_heads, self.head_dim)
      result = [torch.mul(self.heads, self.head_dim), k, k]
    return result

  # What layers give for x [nodes, in]; puts the narrow products of their adapters into kept.
  def layers_kept(self: __torch__.Kernels, x: Tensor, slots: List[int], w: List[Tensor], a: List[Tensor], drop: List[float], kept: List[Tensor]) -> Tensor:
    first = slots[0]
    if torch.__or__(self.stacked, torch.eq(torch.len(slots), 1)):
      y = (self).product(x, w[torch.mul(first, 2)], w[torch.add(torch.mul(first, 2), 1)], w[torch.add(first, 26)], )
    else:
      total = 0
      for i in range(torch.len(slots)):
        total = torch.add(total, (self).product_width(w[torch.mul(slots[i], 2)], w[torch.add(slots[i], 26)], ))
      y = torch.new_empty(x, [torch.size(x, 0), total])
      column = 0
      for j in range(torch.len(slots)):
        weight = w[torch.mul(slots[j], 2)]
        scales = w[torch.add(slots[j], 26)]
        width = (self).product_width(weight, scales, )
        (self).product_into(x, weight, w[torch.add(torch.mul(slots[j], 2), 1)], scales, torch.narrow(y, 1, column, width), )
        column = torch.add(column, width)
    low = (self).narrow_products(x, slots, a, drop, )
    _0 = torch.append(kept, low)
    if torch.gt(torch.size(low, 1), 0):
      widths = (self).widths(slots, torch.size(y, 1), )
      scaling = torch.item(a[14])
      to = 0
      at = 0
      for l in range(torch.len(slots)):
        up = torch.type_as(a[torch.add(torch.mul(slots[l], 2), 1)], x)
        if torch.gt(torch.numel(up), 0):
          rank = torch.size(up, 1)
          _1 = torch.addmm_(torch.narrow(y, 1, to, widths[l]), torch.narrow(low, 1, at, rank), torch.t(up), beta=1, alpha=scaling)
          at = torch.add(at, rank)
        to = torch.add(to, widths[l])
    return y

  # Rows of the A of each slot, 0 for a slot without an adapter.
  def ranks(self: __torch__.Kernels, slots: List[int], a: List[Tensor]) -> List[int]:
    result = annotate(List[int], [])
    for i in range(torch.len(slots)):
      down = a[torch.mul(slots[i], 2)]
      rank = 0
      if torch.gt(torch.numel(down), 0):
        rank = torch.size(down, 0)
      _0 = torch.append(result, rank)
    return result

  # The A of those slots that have an adapter, one below the other, in the type of x; empty where none has.
  def joined(self: __torch__.Kernels, x: Tensor, slots: List[int], a: List[Tensor]) -> Tensor:
    found = annotate(List[Tensor], [])
    for i in range(torch.len(slots)):
      down = a[torch.mul(slots[i], 2)]
      if torch.gt(torch.numel(down), 0):
        _0 = torch.append(found, torch.type_as(down, x))
    result = torch.narrow(x, 0, 0, 0)
    if torch.gt(torch.len(found), 0):
      result = found[0]
      if torch.gt(torch.len(found), 1):
        result = torch.cat(found, 0)
    return result

  # dropout(x) a^T of each layer that has an adapter. Without dropout one product makes all: each alone is too narrow for a
  # processor.
  def narrow_products(self: __torch__.Kernels, x: Tensor, slots: List[int], a: List[Tensor], drop: List[float]) -> Tensor:
    down = (self).joined(x, slots, a, )
    low = torch.narrow(x, 1, 0, 0)
    if torch.gt(torch.numel(down), 0):
      if torch.eq(torch.len(drop), 0):
        low = torch.mm(x, torch.t(down))
      else:
        parts = annotate(List[Tensor], [])
        for i in range(torch.len(slots)):
          one = (self).joined(x, [slots[i]], a, )
          if torch.gt(torch.numel(one), 0):
            _0 = torch.append(parts, torch.mm((self).dropped(x, slots[i], drop, ), torch.t(one)))
        low = torch.cat(parts, 1)
    return low

  # Gradients of layers that read the same x, from upstream [nodes, sum of out]. low: what layers_kept put into kept.
  # Returns the gradient of x, and puts those of weights, biases, A and B that require one into found, at the place that
  # each has in w, or the length of w and its place in a.
  def layers_vjp(self: __torch__.Kernels, x: Tensor, low: Tensor, slots: List[int], upstream: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float], found: List[Tensor]) -> Tensor:
    parts = torch.split_with_sizes(upstream, (self).widths(slots, torch.size(upstream, 1), ), 1)
    dx = torch.narrow(x, 0, 0, 0)
    for i in range(torch.len(slots)):
      at = torch.mul(slots[i], 2)
      dx = (self).product_vjp(parts[i], w[at], w[torch.add(slots[i], 26)], dx, )
      if ops.prim.requires_grad(w[at]):
        _0 = torch._set_item(found, at, torch.mm(torch.t(parts[i]), x))
      if ops.prim.requires_grad(w[torch.add(at, 1)]):
        _1 = torch._set_item(found, torch.add(at, 1), torch.sum(parts[i], [0]))
    if torch.gt(torch.size(low, 1), 0):
      (self).adapters_vjp(x, low, slots, parts, a, drop, dx, found, torch.len(w), )
    return dx

  # The same of the adapters alone: adds their share of the gradient of x to dx.
  def adapters_vjp(self: __torch__.Kernels, x: Tensor, low: Tensor, slots: List[int], upstream: List[Tensor], a: List[Tensor], drop: List[float], dx: Tensor, found: List[Tensor], first: int) -> NoneType:
    scaling = torch.item(a[14])
    dlow = torch.empty_like(low)
    at = 0
    for i in range(torch.len(slots)):
      place = torch.add(torch.mul(slots[i], 2), 1)
      up = torch.type_as(a[place], x)
      if torch.gt(torch.numel(up), 0):
        rank = torch.size(up, 1)
        _0 = torch.mm(upstream[i], up, out=torch.narrow(dlow, 1, at, rank))
        if ops.prim.requires_grad(a[place]):
          _1 = torch._set_item(found, torch.add(first, place), torch.addmm(up, torch.t(upstream[i]), torch.narrow(low, 1, at, rank), beta=0, alpha=scaling))
        at = torch.add(at, rank)
    _2 = torch.mul_(dlow, scaling)
    ranks = (self).ranks(slots, a, )
    if torch.eq(torch.len(drop), 0):
      ddown = torch.split_with_sizes(torch.mm(torch.t(dlow), x), ranks, 0)
      for j in range(torch.len(slots)):
        if ops.prim.requires_grad(a[torch.mul(slots[j], 2)]):
          _3 = torch._set_item(found, torch.add(first, torch.mul(slots[j], 2)), ddown[j])
      _4 = torch.addmm_(dx, dlow, (self).joined(x, slots, a, ))
    else:
      dlows = torch.split_with_sizes(dlow, ranks, 1)
      for l in range(torch.len(slots)):
        if torch.gt(ranks[l], 0):
          kept = (self).dropped(torch.ones_like(x), slots[l], drop, )
          if ops.prim.requires_grad(a[torch.mul(slots[l], 2)]):
            _5 = torch._set_item(found, torch.add(first, torch.mul(slots[l], 2)), torch.mm(torch.t(dlows[l]), torch.mul(x, kept)))
          _6 = torch.addcmul_(dx, torch.mm(dlows[l], (self).joined(x, [slots[l]], a, )), kept)
    return None
