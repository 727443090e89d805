  # Linear layers of a block in training, and their gradients. Layers that read the same x are computed together: what they
  # give lies side by side, [nodes, sum of out], and so do the projections x A^T of their adapters, [nodes, sum of ranks].
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

  # What layers give for x [nodes, in]; puts the projections x A^T of their adapters into saved.
  def linears_saving(self: __torch__.Kernels, x: Tensor, slots: List[int], w: List[Tensor], a: List[Tensor], drop: List[float], saved: List[Tensor]) -> Tensor:
    first = slots[0]
    if torch.__or__(self.stacked, torch.eq(torch.len(slots), 1)):
      y = (self).product(x, w[(self).weight_index(first, )], w[(self).bias_index(first, )], w[(self).scales_index(first, )], )
    else:
      total = 0
      for i in range(torch.len(slots)):
        total = torch.add(total, (self).product_width(w[(self).weight_index(slots[i], )], w[(self).scales_index(slots[i], )], ))
      y = torch.new_empty(x, [torch.size(x, 0), total])
      column = 0
      for j in range(torch.len(slots)):
        weight = w[(self).weight_index(slots[j], )]
        scales = w[(self).scales_index(slots[j], )]
        width = (self).product_width(weight, scales, )
        (self).product_into(x, weight, w[(self).bias_index(slots[j], )], scales, torch.narrow(y, 1, column, width), )
        column = torch.add(column, width)
    projected = (self).lora_projections(x, slots, a, drop, )
    _0 = torch.append(saved, projected)
    if torch.gt(torch.size(projected, 1), 0):
      widths = (self).widths(slots, torch.size(y, 1), )
      scaling = (self).lora_scaling(a, )
      column = 0
      place = 0
      for l in range(torch.len(slots)):
        lora_b = torch.type_as(a[(self).lora_b_index(slots[l], )], x)
        if torch.gt(torch.numel(lora_b), 0):
          rank = torch.size(lora_b, 1)
          _1 = torch.addmm_(torch.narrow(y, 1, column, widths[l]), torch.narrow(projected, 1, place, rank), torch.t(lora_b), beta=1, alpha=scaling)
          place = torch.add(place, rank)
        column = torch.add(column, widths[l])
    return y

  # Rows of the A of each slot, 0 for a slot without an adapter.
  def lora_ranks(self: __torch__.Kernels, slots: List[int], a: List[Tensor]) -> List[int]:
    result = annotate(List[int], [])
    for i in range(torch.len(slots)):
      lora_a = a[(self).lora_a_index(slots[i], )]
      rank = 0
      if torch.gt(torch.numel(lora_a), 0):
        rank = torch.size(lora_a, 0)
      _0 = torch.append(result, rank)
    return result

  # The A of those slots that have an adapter, one below the other, in the type of x; empty where none has.
  def lora_a_of(self: __torch__.Kernels, x: Tensor, slots: List[int], a: List[Tensor]) -> Tensor:
    parts = annotate(List[Tensor], [])
    for i in range(torch.len(slots)):
      lora_a = a[(self).lora_a_index(slots[i], )]
      if torch.gt(torch.numel(lora_a), 0):
        _0 = torch.append(parts, torch.type_as(lora_a, x))
    result = torch.narrow(x, 0, 0, 0)
    if torch.gt(torch.len(parts), 0):
      result = parts[0]
      if torch.gt(torch.len(parts), 1):
        result = torch.cat(parts, 0)
    return result

  # dropout(x) A^T of each layer that has an adapter. Without dropout one product makes all: each alone is too narrow for a
  # processor.
  def lora_projections(self: __torch__.Kernels, x: Tensor, slots: List[int], a: List[Tensor], drop: List[float]) -> Tensor:
    lora_a = (self).lora_a_of(x, slots, a, )
    projected = torch.narrow(x, 1, 0, 0)
    if torch.gt(torch.numel(lora_a), 0):
      if torch.eq(torch.len(drop), 0):
        projected = torch.mm(x, torch.t(lora_a))
      else:
        parts = annotate(List[Tensor], [])
        for i in range(torch.len(slots)):
          lora_a = (self).lora_a_of(x, [slots[i]], a, )
          if torch.gt(torch.numel(lora_a), 0):
            _0 = torch.append(parts, torch.mm((self).dropped(x, slots[i], drop, ), torch.t(lora_a)))
        projected = torch.cat(parts, 1)
    return projected

  # Gradients of layers that read the same x, from upstream [nodes, sum of out]. projected: what linears_saving put into saved.
  # Returns the gradient of x, and puts those of weights, biases, A and B that require one into gradients, at the place that
  # each has in w, or the length of w and its place in a.
  def linears_vjp(self: __torch__.Kernels, x: Tensor, projected: Tensor, slots: List[int], upstream: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float], gradients: List[Tensor]) -> Tensor:
    parts = torch.split_with_sizes(upstream, (self).widths(slots, torch.size(upstream, 1), ), 1)
    dx = torch.narrow(x, 0, 0, 0)
    for i in range(torch.len(slots)):
      weight = (self).weight_index(slots[i], )
      bias = (self).bias_index(slots[i], )
      dx = (self).product_vjp(parts[i], w[weight], w[(self).scales_index(slots[i], )], dx, )
      if ops.prim.requires_grad(w[weight]):
        _0 = torch._set_item(gradients, weight, torch.mm(torch.t(parts[i]), x))
      if ops.prim.requires_grad(w[bias]):
        _1 = torch._set_item(gradients, bias, torch.sum(parts[i], [0]))
    if torch.gt(torch.size(projected, 1), 0):
      (self).lora_vjp(x, projected, slots, parts, a, drop, dx, gradients, torch.len(w), )
    return dx

  # The same of the adapters alone: adds their share of the gradient of x to dx.
  def lora_vjp(self: __torch__.Kernels, x: Tensor, projected: Tensor, slots: List[int], upstream: List[Tensor], a: List[Tensor], drop: List[float], dx: Tensor, gradients: List[Tensor], first: int) -> NoneType:
    scaling = (self).lora_scaling(a, )
    dprojected = torch.empty_like(projected)
    at = 0
    for i in range(torch.len(slots)):
      place = (self).lora_b_index(slots[i], )
      lora_b = torch.type_as(a[place], x)
      if torch.gt(torch.numel(lora_b), 0):
        rank = torch.size(lora_b, 1)
        _0 = torch.mm(upstream[i], lora_b, out=torch.narrow(dprojected, 1, at, rank))
        if ops.prim.requires_grad(a[place]):
          _1 = torch._set_item(gradients, torch.add(first, place), torch.addmm(lora_b, torch.t(upstream[i]), torch.narrow(projected, 1, at, rank), beta=0, alpha=scaling))
        at = torch.add(at, rank)
    _2 = torch.mul_(dprojected, scaling)
    ranks = (self).lora_ranks(slots, a, )
    if torch.eq(torch.len(drop), 0):
      dlora_a = torch.split_with_sizes(torch.mm(torch.t(dprojected), x), ranks, 0)
      for j in range(torch.len(slots)):
        if ops.prim.requires_grad(a[(self).lora_a_index(slots[j], )]):
          _3 = torch._set_item(gradients, torch.add(first, (self).lora_a_index(slots[j], )), dlora_a[j])
      _4 = torch.addmm_(dx, dprojected, (self).lora_a_of(x, slots, a, ))
    else:
      each = torch.split_with_sizes(dprojected, ranks, 1)
      for l in range(torch.len(slots)):
        if torch.gt(ranks[l], 0):
          mask = (self).dropped(torch.ones_like(x), slots[l], drop, )
          if ops.prim.requires_grad(a[(self).lora_a_index(slots[l], )]):
            _5 = torch._set_item(gradients, torch.add(first, (self).lora_a_index(slots[l], )), torch.mm(torch.t(each[l]), torch.mul(x, mask)))
          _6 = torch.addcmul_(dx, torch.mm(each[l], (self).lora_a_of(x, [slots[l]], a, )), mask)
    return None
