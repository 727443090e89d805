  # A linear layer of a block with its adapter (LoRA, Hu et al. 2021): x w^T + bias + s dropout(x) a^T b^T.
  # slot: 0 q, 1 k, 2 v, 3 o, 4 gate, 5 up, 6 down (a model that stores layers stacked has the stack in the first's slot).
  # w[2 slot], w[2 slot + 1]: weight [out, in] and bias [out], the bias empty where the layer has none; w[26 + slot]: the
  # scales of a weight in 4 bits, else empty.
  # a[2 slot], a[2 slot + 1]: A [r, in] and B [out, r], both empty where it has no adapter; a[14]: the scaling s, a scalar.
  # drop: the dropout's probability and seed, empty outside training. Each slot has a mask of its own, the same every time.
  # Attribute stacked: q, k, v lie stacked in the slot of q, and gate, up in that of gate, though their adapters do not.
  def linear(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    if torch.__and__(self.stacked, torch.eq(slot, 0)):
      y = (self).product(x, w[0], w[1], w[26], )
      q = torch.mul(self.heads, self.head_dim)
      k = torch.mul(self.kv_heads, self.head_dim)
      (self).adapt_columns(y, 0, q, x, 0, a, )
      (self).adapt_columns(y, q, k, x, 1, a, )
      (self).adapt_columns(y, torch.add(q, k), k, x, 2, a, )
    else:
      if torch.__and__(self.stacked, torch.eq(slot, 4)):
        y = (self).product(x, w[8], w[9], w[30], )
        half = torch.floordiv(torch.size(y, -1), 2)
        (self).adapt_columns(y, 0, half, x, 4, a, )
        (self).adapt_columns(y, half, half, x, 5, a, )
      else:
        y = (self).raised(x, (self).lowered(x, [slot], a, drop, )[0], slot, w, a, )
    return y

  # Layers that read the same x.
  def linears(self: __torch__.Kernels, x: Tensor, slots: List[int], w: List[Tensor], a: List[Tensor], drop: List[float]) -> List[Tensor]:
    ys = annotate(List[Tensor], [])
    if torch.eq(torch.len(slots), 1):
      _0 = torch.append(ys, (self).linear(x, slots[0], w, a, drop, ))
    else:
      low = (self).lowered(x, slots, a, drop, )
      for i in range(torch.len(slots)):
        _1 = torch.append(ys, (self).raised(x, low[i], slots[i], w, a, ))
    return ys

  def dropped(self: __torch__.Kernels, x: Tensor, slot: int, drop: List[float]) -> Tensor:
    _0 = torch.manual_seed(torch.add(torch.mul(int(drop[1]), 8), slot))
    return torch.dropout(x, drop[0], True)

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

  # dropout(x) a^T for each slot of layers that read the same x; [..., 0] for a slot without an adapter. Without dropout
  # one product makes all of them: each alone is too narrow for a processor.
  def lowered(self: __torch__.Kernels, x: Tensor, slots: List[int], a: List[Tensor], drop: List[float]) -> List[Tensor]:
    parts = annotate(List[Tensor], [])
    if torch.gt(torch.len(drop), 0):
      for i in range(torch.len(slots)):
        down = (self).joined(x, [slots[i]], a, )
        if torch.eq(torch.numel(down), 0):
          _0 = torch.append(parts, torch.narrow(x, -1, 0, 0))
        else:
          _1 = torch.append(parts, torch.linear((self).dropped(x, slots[i], drop, ), down, None))
    else:
      all = (self).joined(x, slots, a, )
      low = torch.narrow(x, -1, 0, 0)
      if torch.gt(torch.numel(all), 0):
        low = torch.linear(x, all, None)
      parts = torch.split_with_sizes(low, (self).ranks(slots, a, ), -1)
    return parts

  # The layer's output where its adapter's narrow product is low.
  def raised(self: __torch__.Kernels, x: Tensor, low: Tensor, slot: int, w: List[Tensor], a: List[Tensor]) -> Tensor:
    at = torch.mul(slot, 2)
    y = (self).product(x, w[at], w[torch.add(at, 1)], w[torch.add(slot, 26)], )
    if torch.gt(torch.size(low, -1), 0):
      up = torch.t(torch.type_as(a[torch.add(at, 1)], x))
      _0 = torch.addmm_(torch.flatten(y, 0, -2), torch.flatten(low, 0, -2), up, beta=1, alpha=torch.item(a[14]))
    return y

  # Gradients of layers with plain weights that read the same x, from upstream, the gradient of each layer's output; all
  # [nodes, ...]. Written out, for what autograd would keep. Returns the gradient of x, and puts those of weights, biases,
  # A and B that require one into found, at the place that each has in w, or the length of w and its place in a.
  def linears_vjp(self: __torch__.Kernels, x: Tensor, slots: List[int], upstream: List[Tensor], w: List[Tensor], a: List[Tensor], drop: List[float], found: List[Tensor]) -> Tensor:
    dx = torch.mm(upstream[0], w[torch.mul(slots[0], 2)])
    for i in range(torch.len(slots)):
      at = torch.mul(slots[i], 2)
      if torch.gt(i, 0):
        _0 = torch.addmm_(dx, upstream[i], w[at])
      if ops.prim.requires_grad(w[at]):
        _1 = torch._set_item(found, at, torch.mm(torch.t(upstream[i]), x))
      if ops.prim.requires_grad(w[torch.add(at, 1)]):
        _2 = torch._set_item(found, torch.add(at, 1), torch.sum(upstream[i], [0]))
    first = torch.len(w)
    if torch.gt(torch.len(drop), 0):
      for j in range(torch.len(slots)):
        kept = (self).dropped(torch.ones_like(x), slots[j], drop, )
        part = torch.zeros_like(x)
        (self).adapters_vjp(torch.mul(x, kept), [slots[j]], [upstream[j]], a, part, found, first, )
        _3 = torch.addcmul_(dx, part, kept)
    else:
      (self).adapters_vjp(x, slots, upstream, a, dx, found, first, )
    return dx

  # The same for the adapters alone: adds their share of the gradient of x to dx.
  def adapters_vjp(self: __torch__.Kernels, x: Tensor, slots: List[int], upstream: List[Tensor], a: List[Tensor], dx: Tensor, found: List[Tensor], first: int) -> NoneType:
    down = (self).joined(x, slots, a, )
    if torch.gt(torch.numel(down), 0):
      ranks = (self).ranks(slots, a, )
      scaling = torch.item(a[14])
      low = torch.split_with_sizes(torch.mul(torch.linear(x, down, None), scaling), ranks, -1)
      parts = annotate(List[Tensor], [])
      for i in range(torch.len(slots)):
        if torch.gt(ranks[i], 0):
          at = torch.add(torch.mul(slots[i], 2), 1)
          _0 = torch.append(parts, torch.mm(upstream[i], torch.type_as(a[at], x)))
          if ops.prim.requires_grad(a[at]):
            _1 = torch._set_item(found, torch.add(first, at), torch.mm(torch.t(upstream[i]), low[i]))
      dlow = torch.mul(torch.cat(parts, -1), scaling)
      ddown = torch.split_with_sizes(torch.mm(torch.t(dlow), x), ranks, 0)
      for j in range(torch.len(slots)):
        at2 = torch.mul(slots[j], 2)
        if ops.prim.requires_grad(a[at2]):
          _2 = torch._set_item(found, torch.add(first, at2), ddown[j])
      _3 = torch.addmm_(dx, dlow, down)
    return None

  # y[:, first : first + columns] += s x a^T b^T, in place, of the adapter in this slot. x [rows, in], y [rows, out]
  def adapt_columns(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, a: List[Tensor]) -> NoneType:
    at = torch.mul(slot, 2)
    down = a[at]
    if torch.gt(torch.numel(down), 0):
      low = torch.linear(x, torch.type_as(down, x), None)
      up = torch.t(torch.type_as(a[torch.add(at, 1)], x))
      _0 = torch.addmm_(torch.narrow(y, -1, first, columns), low, up, beta=1, alpha=torch.item(a[14]))
    return None

  # x w^T + bias, whatever form the weight has: plain [out, in]; packed by oneDNN (opaque, no autograd); 4 bits: packed
  # codes [out, in / 2] with bf16 scales [in / 32, out, 2], x [rows, in] bf16, weight = (code - 8) scale[0] + scale[1].
  def product(self: __torch__.Kernels, x: Tensor, weight: Tensor, bias: Tensor, scales: Tensor) -> Tensor:
    optional = annotate(Optional[Tensor], None)
    if torch.gt(torch.numel(bias), 0):
      optional = bias
    if torch.gt(torch.numel(scales), 0):
      y = ops.aten._weight_int4pack_mm_for_cpu(x, weight, 32, scales)
      if torch.gt(torch.numel(bias), 0):
        y = torch.add_(y, bias)
    else:
      if ops.prim.is_mkldnn(weight):
        y = ops.mkldnn._linear_pointwise(x, weight, optional, "none", annotate(List[Optional[number]], []), "")
      else:
        y = torch.linear(x, weight, optional)
    return y
