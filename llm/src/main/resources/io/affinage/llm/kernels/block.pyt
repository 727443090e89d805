  # One decoder block, for training and for generation. Attributes: layer_norm, one_plus, eps: which norm; activation:
  # 0 SiLU, 1 GELU by tanh, 2 GELU; gating: 0 none, 1 two layers, 2 one layer with all of gate, then all of up; parallel:
  # attention and feed-forward both read the block's input (GPT-NeoX); output_norms: a norm after each of them (Gemma 2).
  # norm_input, norm_query, norm_key, norm_attention_output, norm_feed_forward_input, norm_feed_forward_output: which norm is
  # which; first_norm: see norm_weight_index.
  # w: the block's weights: weight and bias of the linear layers (linear.pyt), then weight and bias of the norms, then the
  # scales of linear layers; empty what a model lacks. a: the block's adapter, drop: its dropout (adapter.pyt).

  # Where a norm's arrays are in w.
  def norm_weight_index(self: __torch__.Kernels, norm: int) -> int:
    return torch.add(torch.mul(norm, 2), self.first_norm)

  def norm_bias_index(self: __torch__.Kernels, norm: int) -> int:
    return torch.add((self).norm_weight_index(norm, ), 1)

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

  # One of the block's norms.
  def norm(self: __torch__.Kernels, x: Tensor, which: int, w: List[Tensor]) -> Tensor:
    return (self).normalized(x, w[(self).norm_weight_index(which, )], w[(self).norm_bias_index(which, )], )

  # The norm behind the last block: norm is its weight and bias, the bias empty where there is none.
  def final_norm(self: __torch__.Kernels, x: Tensor, norm: List[Tensor]) -> Tensor:
    return (self).normalized(x, norm[0], norm[1], )

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
    slots = (self).feed_forward_layers()
    if self.stacked:
      slots = [slots[0]]
    return slots

  def feed_forward_layers(self: __torch__.Kernels) -> List[int]:
    slots = [self.slot_gate]
    if torch.eq(self.gating, 0):
      slots = [self.slot_up]
    if torch.eq(self.gating, 1):
      slots = [self.slot_gate, self.slot_up]
    return slots

  # The input of the feed-forward's last layer, from what those layers gave: [rows, intermediate] each, or side by side.
  def inner(self: __torch__.Kernels, gate_up: List[Tensor]) -> Tensor:
    if torch.eq(torch.len(gate_up), 2):
      y = torch.mul((self).activated(gate_up[0], ), gate_up[1])
    else:
      y = (self).gated((self).activated((self).gate_of(gate_up[0], ), ), gate_up[0], )
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
    y = (self).adapt_attention((self).linear(attended, self.slot_o, w, a, drop, ), a, drop, )
    if self.output_norms:
      y = (self).norm(y, self.norm_attention_output, w, )
    residual = torch.add(x, y)
    input = residual
    if self.parallel:
      input = x
    gate_up = (self).linears((self).norm(input, self.norm_feed_forward_input, w, ), (self).feed_forward_slots(), w, a, drop, )
    z = (self).adapt_feed_forward((self).linear((self).inner(gate_up, ), self.slot_down, w, a, drop, ), a, drop, )
    if self.output_norms:
      z = (self).norm(z, self.norm_feed_forward_output, w, )
    return torch.add(residual, z)

  def gradients(self: __torch__.Kernels, y: Tensor, upstream: Tensor, inputs: List[Tensor]) -> List[Tensor]:
    optional = torch.grad([y], inputs, annotate(List[Optional[Tensor]], [upstream]), None, False, False)
    result = annotate(List[Tensor], [])
    for i in range(torch.len(optional)):
      _0 = torch.append(result, unchecked_cast(Tensor, optional[i]))
    return result
