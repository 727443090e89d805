  # A linear layer of a block with its adapter (LoRA, Hu et al. 2021): x w^T + bias + s dropout(x) a^T b^T.
  # slot: 0 q, 1 k, 2 v, 3 o, 4 gate, 5 up, 6 down (a model that stores layers stacked has the stack in the first's slot).
  # w[2 slot], w[2 slot + 1]: weight [out, in] and bias [out], the bias empty where the layer has none; w[26 + slot]: the
  # scales of a weight in 4 bits, else empty.
  # a[2 slot], a[2 slot + 1]: A [r, in] and B [out, r], both empty where it has no adapter; a[14]: the scaling s, a scalar.
  # p: dropout probability, 0 outside training.
  # Attribute stacked: q, k, v lie stacked in the slot of q, and gate, up in that of gate, though their adapters do not.
  def linear(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], p: float) -> Tensor:
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
        y = (self).raised(x, (self).lowered(x, [slot], a, p, )[0], slot, w, a, )
    return y

  # dropout(x) a^T for each slot of layers that read the same x; [..., 0] for a slot without an adapter. Without dropout
  # one product makes all of them, and their gradients: each alone is too narrow for a processor.
  def lowered(self: __torch__.Kernels, x: Tensor, slots: List[int], a: List[Tensor], p: float) -> List[Tensor]:
    none = torch.narrow(x, -1, 0, 0)
    parts = annotate(List[Tensor], [])
    found = annotate(List[Tensor], [])
    ranks = annotate(List[int], [])
    for i in range(torch.len(slots)):
      down = a[torch.mul(slots[i], 2)]
      if torch.eq(torch.numel(down), 0):
        _0 = torch.append(ranks, 0)
        _1 = torch.append(parts, none)
      else:
        _2 = torch.append(ranks, torch.size(down, 0))
        if torch.gt(p, 0.):
          _3 = torch.append(parts, torch.linear(torch.dropout(x, p, True), torch.type_as(down, x), None))
        else:
          _4 = torch.append(found, torch.type_as(down, x))
    if torch.gt(torch.len(found), 0):
      joined = found[0]
      if torch.gt(torch.len(found), 1):
        joined = torch.cat(found, 0)
      parts = torch.split_with_sizes(torch.linear(x, joined, None), ranks, -1)
    return parts

  # The layer's output where its adapter's narrow product is low.
  def raised(self: __torch__.Kernels, x: Tensor, low: Tensor, slot: int, w: List[Tensor], a: List[Tensor]) -> Tensor:
    at = torch.mul(slot, 2)
    y = (self).product(x, w[at], w[torch.add(at, 1)], w[torch.add(slot, 26)], )
    if torch.gt(torch.size(low, -1), 0):
      up = torch.t(torch.type_as(a[torch.add(at, 1)], x))
      out = torch.addmm(torch.flatten(y, 0, -2), torch.flatten(low, 0, -2), up, beta=1, alpha=torch.item(a[14]))
      y = torch.view_as(out, y)
    return y

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
