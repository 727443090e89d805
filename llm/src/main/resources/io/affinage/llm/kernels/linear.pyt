  # A linear layer of a block with its adapter.
  # slot: 0 q, 1 k, 2 v, 3 o, 4 gate, 5 up, 6 down (a model that stores layers stacked has the stack in the first's slot).
  # w[2 slot], w[2 slot + 1]: weight [out, in] and bias [out], the bias empty where the layer has none; w[26 + slot]: the
  # scales of a weight in 4 bits, else empty. a: the block's adapter; drop: the adapter's dropout (adapter.pyt).
  # Attribute stacked: q, k, v lie stacked in the slot of q, and gate, up in that of gate, though their adapters do not.
  def linear(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    bias = w[torch.add(torch.mul(slot, 2), 1)]
    input = (self).adapt_input(x, slot, a, drop, )
    y = (self).product(input, w[torch.mul(slot, 2)], bias, w[torch.add(slot, 26)], )
    if torch.__and__(self.stacked, torch.eq(slot, 0)):
      q = torch.mul(self.heads, self.head_dim)
      k = torch.mul(self.kv_heads, self.head_dim)
      y = (self).adapt_output(y, 0, q, x, 0, w, a, drop, )
      y = (self).adapt_output(y, q, k, x, 1, w, a, drop, )
      y = (self).adapt_output(y, torch.add(q, k), k, x, 2, w, a, drop, )
    else:
      if torch.__and__(self.stacked, torch.eq(slot, 4)):
        half = torch.floordiv(torch.size(y, -1), 2)
        y = (self).adapt_output(y, 0, half, x, 4, w, a, drop, )
        y = (self).adapt_output(y, half, half, x, 5, w, a, drop, )
      else:
        y = (self).adapt_output(y, 0, torch.size(y, -1), x, slot, w, a, drop, )
    return y

  # Layers that read the same x.
  def linears(self: __torch__.Kernels, x: Tensor, slots: List[int], w: List[Tensor], a: List[Tensor], drop: List[float]) -> List[Tensor]:
    ys = annotate(List[Tensor], [])
    for i in range(torch.len(slots)):
      _0 = torch.append(ys, (self).linear(x, slots[i], w, a, drop, ))
    return ys

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

  # The same into y [rows, out], of a weight that lets gradients through.
  def product_into(self: __torch__.Kernels, x: Tensor, weight: Tensor, bias: Tensor, scales: Tensor, y: Tensor) -> NoneType:
    _0 = torch.mm(x, torch.t(weight), out=y)
    if torch.gt(torch.numel(bias), 0):
      _1 = torch.add_(y, bias)
    return None

  # The gradient of x, from that of what product gives [rows, out], of a weight that lets gradients through. sum: what it
  # is added to, in place, where there is something.
  def product_vjp(self: __torch__.Kernels, upstream: Tensor, weight: Tensor, scales: Tensor, sum: Tensor) -> Tensor:
    dx = sum
    if torch.gt(torch.numel(sum), 0):
      _0 = torch.addmm_(dx, upstream, weight)
    else:
      dx = torch.mm(upstream, weight)
    return dx

  # Columns that product gives.
  def product_width(self: __torch__.Kernels, weight: Tensor, scales: Tensor) -> int:
    return torch.size(weight, 0)
