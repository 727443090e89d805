  # A block in training. Both passes are written out: autograd would keep more, and run more operations.

  # A block over a row of documents that share prefixes. x [nodes, hidden]; cos, sin [nodes, 1, rotated]; gather, outputs:
  # as tree_places returns them; mask: as tree_weights has it; noise [2] float64 on the CPU: dropout probability and the
  # seed of this block's masks in this step. No graph is made. Returns the output [nodes, hidden], then what block_vjp takes;
  # what that is, the methods after this one say.
  def block_saving(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    return (self).block_computed(x, cos, sin, gather, outputs, mask, w, a, noise, True, )

  # What block_vjp takes, computed again: without the output, and so without the feed-forward's last product where no norm
  # reads what it gives.
  def block_saving_again(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    result = (self).block_computed(x, cos, sin, gather, outputs, mask, w, a, noise, self.output_norms, )
    if self.output_norms:
      result = torch.slice(result, 1, torch.len(result), 1)
    return result

  # whole: whether the output is computed, which is then the first of the result, before what block_vjp takes.
  def block_computed(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor, whole: bool) -> List[Tensor]:
    torch.set_grad_enabled(False)
    drop = (self).dropout_of(noise, )
    saved = annotate(List[Tensor], [])
    h = (self).norm_saving(x, self.norm_input, w, saved, )
    qkv = (self).linears_saving(h, (self).attention_layers(), w, a, drop, saved, )
    heads = (self).heads_of(qkv, cos, sin, w, )
    attended = (self).tree_attention(heads, gather, outputs, mask, saved, )
    y = (self).linears_saving(attended, [self.slot_o], w, a, drop, saved, )
    saved = torch.add(saved, [h, qkv, attended])
    if self.output_norms:
      _0 = torch.append(saved, y)
      y = (self).norm_saving(y, self.norm_attention_output, w, saved, )
    residual = torch.add(x, y)
    input = residual
    if self.parallel:
      input = x
    h2 = (self).norm_saving(input, self.norm_feed_forward_input, w, saved, )
    gate_up = (self).linears_saving(h2, (self).feed_forward_layers(), w, a, drop, saved, )
    inner = (self).gated((self).activated((self).gate_of(gate_up, ), ), gate_up, )
    z = inner
    if whole:
      z = (self).linears_saving(inner, [self.slot_down], w, a, drop, saved, )
    else:
      _2 = torch.append(saved, (self).lora_projections(inner, [self.slot_down], a, drop, ))
    saved = torch.add(saved, [residual, h2, gate_up])
    if self.output_norms:
      _1 = torch.append(saved, z)
      z = (self).norm_saving(z, self.norm_feed_forward_output, w, saved, )
    result = saved
    if whole:
      result = torch.add([torch.add(residual, z)], saved)
    torch.set_grad_enabled(True)
    return result

  # Of what block_saving has saved: mean and 1 / deviation of the input's norm; x A^T of the layers of queries, keys and values;
  # the softmax; x A^T of the output layer; what the layers of queries, keys and values read, what they gave (as heads, where
  # that is direct), and what the heads gathered.
  def saved_of_attention(self: __torch__.Kernels, saved: List[Tensor]) -> List[Tensor]:
    return torch.slice(saved, 0, 8, 1)

  # Where outputs are normalized: what attention's output layer gave; mean and 1 / deviation of its norm.
  def saved_of_attention_output_norm(self: __torch__.Kernels, saved: List[Tensor]) -> List[Tensor]:
    return torch.slice(saved, 8, 11, 1)

  # Mean and 1 / deviation of the feed-forward's norm; x A^T of its first layers and of its last; the sum of x and attention;
  # what its first layers read, and what they gave.
  def saved_of_feed_forward(self: __torch__.Kernels, saved: List[Tensor]) -> List[Tensor]:
    first = 8
    if self.output_norms:
      first = 11
    return torch.slice(saved, first, torch.add(first, 7), 1)

  # Where outputs are normalized: what the feed-forward's last layer gave; mean and 1 / deviation of its norm.
  def saved_of_feed_forward_output_norm(self: __torch__.Kernels, saved: List[Tensor]) -> List[Tensor]:
    return torch.slice(saved, 18, 21, 1)

  def dropout_of(self: __torch__.Kernels, noise: Tensor) -> List[float]:
    p = float(torch.select(noise, 0, 0))
    drop = annotate(List[float], [])
    if torch.gt(p, 0.):
      drop = [p, float(torch.select(noise, 0, 1))]
    return drop

  # The block's output alone.
  def block_forward(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    return [(self).block_saving(x, cos, sin, gather, outputs, mask, w, a, noise, )[0]]

  # Gradients of a block: [gradient of x, gradient of each array of w and a that requires one, in order]. saved: what
  # block_saving returned after the output.
  def block_vjp(self: __torch__.Kernels, x: Tensor, saved: List[Tensor], upstream: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    drop = (self).dropout_of(noise, )
    gradients = annotate(List[Tensor], [])
    for i in range(torch.add(torch.len(w), torch.len(a))):
      _0 = torch.append(gradients, upstream)
    mean, deviation, projected_qkv, weight, projected_o, h, qkv, attended = (self).saved_of_attention(saved, )
    mean2, deviation2, projected_gate_up, projected_down, residual, h2, gate_up = (self).saved_of_feed_forward(saved, )
    dz = upstream
    if self.output_norms:
      z, z_mean, z_deviation = (self).saved_of_feed_forward_output_norm(saved, )
      dz = (self).norm_vjp(z, z_mean, z_deviation, self.norm_feed_forward_output, upstream, w, gradients, )
    active = (self).activated((self).gate_of(gate_up, ), )
    dinner = (self).linears_vjp((self).gated(active, gate_up, ), projected_down, [self.slot_down], dz, w, a, drop, gradients, )
    dgate_up = (self).gated_vjp(active, gate_up, dinner, )
    dh2 = (self).linears_vjp(h2, projected_gate_up, (self).feed_forward_layers(), dgate_up, w, a, drop, gradients, )
    input = residual
    if self.parallel:
      input = x
    dx = torch.add(upstream, (self).norm_vjp(input, mean2, deviation2, self.norm_feed_forward_input, dh2, w, gradients, ))
    dy = dx
    if self.parallel:
      dy = upstream
    if self.output_norms:
      y, y_mean, y_deviation = (self).saved_of_attention_output_norm(saved, )
      dy = (self).norm_vjp(y, y_mean, y_deviation, self.norm_attention_output, dy, w, gradients, )
    dattended = (self).linears_vjp(attended, projected_o, [self.slot_o], dy, w, a, drop, gradients, )
    dqkv = (self).attention_vjp(qkv, weight, dattended, cos, sin, gather, outputs, mask, w, gradients, )
    dh = (self).linears_vjp(h, projected_qkv, (self).attention_layers(), dqkv, w, a, drop, gradients, )
    _1 = torch.add_(dx, (self).norm_vjp(x, mean, deviation, self.norm_input, dh, w, gradients, ))
    torch.set_grad_enabled(True)
    result = annotate(List[Tensor], [dx])
    for j in range(torch.len(w)):
      if ops.prim.requires_grad(w[j]):
        _2 = torch.append(result, gradients[j])
    for l in range(torch.len(a)):
      if ops.prim.requires_grad(a[l]):
        _3 = torch.append(result, gradients[torch.add(torch.len(w), l)])
    return result

  # The gradient of gate_up from that of what gated returned, which is overwritten. active: the activation of the gates.
  def gated_vjp(self: __torch__.Kernels, active: Tensor, gate_up: Tensor, dinner: Tensor) -> Tensor:
    dgate_up = torch.empty_like(gate_up)
    gate = (self).gate_of(gate_up, )
    if torch.gt(self.gating, 0):
      width = torch.size(active, 1)
      _0 = torch.mul(dinner, active, out=torch.narrow(dgate_up, 1, width, width))
      _1 = torch.mul_(dinner, torch.narrow(gate_up, 1, width, width))
    dgate = (self).gate_of(dgate_up, )
    if torch.eq(self.activation, 0):
      _2 = ops.aten.silu_backward(dinner, gate, grad_input=dgate)
    else:
      if torch.eq(self.activation, 1):
        _3 = ops.aten.gelu_backward(dinner, gate, approximate="tanh", grad_input=dgate)
      else:
        _4 = ops.aten.gelu_backward(dinner, gate, approximate="none", grad_input=dgate)
    return dgate_up
