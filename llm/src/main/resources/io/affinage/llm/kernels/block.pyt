  # One decoder block, for training and for generation. Attributes: layer_norm, one_plus, eps: which norm; activation:
  # 0 SiLU, 1 GELU by tanh, 2 GELU; gating: 0 none, 1 two layers, 2 one layer with all of gate, then all of up; parallel:
  # attention and feed-forward both read the block's input (GPT-NeoX); output_norms: a norm after each of them (Gemma 2).
  # w: the block's weights: weight and bias of the 7 linear layers (linear.pyt), then weight and bias of the 6 norms:
  #    0 input, 1 query, 2 key, 3 attention output, 4 feed-forward input, 5 feed-forward output; empty what a model lacks.
  # a: the block's adapter, drop: its dropout (adapter.pyt).

  # RMSNorm (Zhang and Sennrich 2019; Gemma multiplies by 1 + w, in float32) or LayerNorm over the last dimension.
  def normalized(self: __torch__.Kernels, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    size = [torch.size(x, -1)]
    if self.layer_norm:
      y = torch.layer_norm(x, size, weight, bias, self.eps)
    else:
      if self.one_plus:
        y = torch.type_as(torch.rms_norm(torch.to(x, 6), size, torch.add(torch.to(weight, 6), 1), self.eps), x)
      else:
        if torch.__not__(torch.is_inference(x)):
          y = torch.rms_norm(x, size, weight, self.eps)
        else:
          # Generation: as in training_norm.pyt, without what a gradient takes. x beside -x has mean 0 and the mean square of x as its variance: LayerNorm, which is one kernel, is RMSNorm.
          mirrored = torch.layer_norm(torch.cat([x, torch.neg(x)], -1), [torch.mul(2, torch.size(x, -1))], None, None, self.eps)
          y = torch.mul(torch.narrow(mirrored, -1, 0, torch.size(x, -1)), weight)
    return y

  def norm(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor]) -> Tensor:
    at = torch.add(torch.mul(slot, 2), 14)
    return (self).normalized(x, w[at], w[torch.add(at, 1)], )

  def activated(self: __torch__.Kernels, x: Tensor) -> Tensor:
    if torch.eq(self.activation, 0):
      y = torch.silu(x)
    else:
      if torch.eq(self.activation, 1):
        y = torch.gelu(x, approximate="tanh")
      else:
        y = torch.gelu(x, approximate="none")
    return y

  # The layers that read the feed-forward's input; what lies stacked is the first of them.
  def feed_forward_slots(self: __torch__.Kernels) -> List[int]:
    slots = (self).first_layers()
    if self.stacked:
      slots = [slots[0]]
    return slots

  def first_layers(self: __torch__.Kernels) -> List[int]:
    slots = [4]
    if torch.eq(self.gating, 0):
      slots = [5]
    if torch.eq(self.gating, 1):
      slots = [4, 5]
    return slots

  # The input of the feed-forward's last layer, from what those layers gave: [rows, intermediate] each, or side by side.
  def inner(self: __torch__.Kernels, raw: List[Tensor]) -> Tensor:
    if torch.eq(torch.len(raw), 2):
      y = torch.mul((self).activated(raw[0], ), raw[1])
    else:
      y = (self).gated((self).activated((self).gate_of(raw[0], ), ), raw[0], )
    return y

  # first [rows, intermediate], or [rows, 2 intermediate]: gates, then what they multiply.
  def gate_of(self: __torch__.Kernels, first: Tensor) -> Tensor:
    gate = first
    if torch.gt(self.gating, 0):
      gate = torch.narrow(first, 1, 0, torch.floordiv(torch.size(first, 1), 2))
    return gate

  # active: the activation of the gates.
  def gated(self: __torch__.Kernels, active: Tensor, first: Tensor) -> Tensor:
    y = active
    if torch.gt(self.gating, 0):
      width = torch.size(active, 1)
      y = torch.mul(active, torch.narrow(first, 1, width, width))
    return y

  # The rest of a block: x [..., hidden] is its input, attended [..., heads * head_dim] what its heads gathered.
  def after_attention(self: __torch__.Kernels, x: Tensor, attended: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    y = (self).adapt_attention((self).linear(attended, 3, w, a, drop, ), a, drop, )
    if self.output_norms:
      y = (self).norm(y, 3, w, )
    between = torch.add(x, y)
    input = between
    if self.parallel:
      input = x
    raw = (self).linears((self).norm(input, 4, w, ), (self).feed_forward_slots(), w, a, drop, )
    z = (self).adapt_feed_forward((self).linear((self).inner(raw, ), 6, w, a, drop, ), a, drop, )
    if self.output_norms:
      z = (self).norm(z, 5, w, )
    return torch.add(between, z)

  def gradients(self: __torch__.Kernels, y: Tensor, upstream: Tensor, inputs: List[Tensor]) -> List[Tensor]:
    found = torch.grad([y], inputs, annotate(List[Optional[Tensor]], [upstream]), None, False, False)
    result = annotate(List[Tensor], [])
    for i in range(torch.len(found)):
      _0 = torch.append(result, unchecked_cast(Tensor, found[i]))
    return result
