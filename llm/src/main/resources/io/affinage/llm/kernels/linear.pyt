  # A linear layer of a block with its adapter. Attributes: slot_q, slot_k, slot_v, slot_o, slot_gate, slot_up, slot_down:
  # the slots of layers (a model that stores layers stacked has the stack in the first's slot); linear_layers: how many slots
  # there are; stacked: q, k, v lie stacked in the slot of q, and gate, up in that of gate, though their adapters do not;
  # first_scales: see scales_index.
  # w: the block's weights (block.pyt); a: the block's adapter; drop: the adapter's dropout (adapter.pyt).

  # Where a layer's arrays are in w: weight [out, in]; bias [out], empty where the layer has none; scales of a weight in 4
  # bits, else empty.
  def weight_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.mul(slot, 2)

  def bias_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.add(torch.mul(slot, 2), 1)

  def scales_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.add(self.first_scales, slot)

  def linear(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    input = (self).adapt_input(x, slot, a, drop, )
    y = (self).product(input, w[(self).weight_index(slot, )], w[(self).bias_index(slot, )], w[(self).scales_index(slot, )], )
    if torch.__and__(self.stacked, torch.eq(slot, self.slot_q)):
      q = torch.mul(self.heads, self.head_dim)
      k = torch.mul(self.kv_heads, self.head_dim)
      y = (self).adapt_output(y, 0, q, x, self.slot_q, w, a, drop, )
      y = (self).adapt_output(y, q, k, x, self.slot_k, w, a, drop, )
      y = (self).adapt_output(y, torch.add(q, k), k, x, self.slot_v, w, a, drop, )
    else:
      if torch.__and__(self.stacked, torch.eq(slot, self.slot_gate)):
        half = torch.floordiv(torch.size(y, -1), 2)
        y = (self).adapt_output(y, 0, half, x, self.slot_gate, w, a, drop, )
        y = (self).adapt_output(y, half, half, x, self.slot_up, w, a, drop, )
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
