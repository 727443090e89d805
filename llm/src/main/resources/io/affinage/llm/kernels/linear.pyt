  # A linear layer of a block with its adapter (LoRA, Hu et al. 2021): x w^T + bias + s x a^T b^T.
  # slot: 0 q, 1 k, 2 v, 3 o, 4 gate, 5 up, 6 down (a model that stores layers stacked has the stack in the first's slot).
  # w[2 slot], w[2 slot + 1]: weight [out, in] and bias [out], the bias empty where the layer has none; w[26 + slot]: the
  # scales of a weight in 4 bits, else empty.
  # a[2 slot], a[2 slot + 1]: A [r, in] and B [out, r], both empty where it has no adapter; a[14]: the scaling s, a scalar.
  # Attribute stacked: q, k, v lie stacked in the slot of q, and gate, up in that of gate, though their adapters do not.
  def linear(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor]) -> Tensor:
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
        y = (self).product(x, w[torch.mul(slot, 2)], w[torch.add(torch.mul(slot, 2), 1)], w[torch.add(slot, 26)], )
        (self).adapt_columns(y, 0, torch.size(y, -1), x, slot, a, )
    return y

  # Layers that read the same x.
  def linears(self: __torch__.Kernels, x: Tensor, slots: List[int], w: List[Tensor], a: List[Tensor]) -> List[Tensor]:
    ys = annotate(List[Tensor], [])
    for i in range(torch.len(slots)):
      _0 = torch.append(ys, (self).linear(x, slots[i], w, a, ))
    return ys

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
