  # A block in training. Both passes are written out: autograd would keep more, and run more operations.

  # A block over a row of documents that share prefixes. x [nodes, hidden]; cos, sin [nodes, 1, rotated]; gather, outputs:
  # as tree_places returns them; mask: as tree_weights has it; noise [2] float64 on the CPU: dropout probability and the
  # seed of this block's masks in this step. No graph is made. Returns the output [nodes, hidden], then what block_vjp takes:
  #    0 statistics of the input's norm (2), 2 narrow products of the projections, 3 the softmax, 4 narrow products of the
  #    output layer, 5 what the projections read, gave (as heads, where that is direct), and what the heads gathered;
  #    8 where outputs are normalized: what the output layer gave, and its norm's statistics (2);
  #    then statistics of the feed-forward's norm (2), narrow products of its first layers and of its last, the sum with x,
  #    what its first layers read, and what they gave; where outputs are normalized: what its last layer gave, and the
  #    norm's statistics (2).
  def block_kept(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    drop = (self).dropout_of(noise, )
    kept = annotate(List[Tensor], [])
    h = (self).norm_kept(x, 0, w, kept, )
    raw = (self).layers_kept(h, (self).attention_layers(), w, a, drop, kept, )
    heads = (self).heads_of(raw, cos, sin, w, )
    attended = (self).tree_attention(heads, gather, outputs, mask, kept, )
    y = (self).layers_kept(attended, [3], w, a, drop, kept, )
    kept = torch.add(kept, [h, raw, attended])
    if self.output_norms:
      _0 = torch.append(kept, y)
      y = (self).norm_kept(y, 3, w, kept, )
    between = torch.add(x, y)
    input = between
    if self.parallel:
      input = x
    h2 = (self).norm_kept(input, 4, w, kept, )
    first = (self).layers_kept(h2, (self).first_layers(), w, a, drop, kept, )
    inner = (self).gated((self).activated((self).gate_of(first, ), ), first, )
    z = (self).layers_kept(inner, [6], w, a, drop, kept, )
    kept = torch.add(kept, [between, h2, first])
    if self.output_norms:
      _1 = torch.append(kept, z)
      z = (self).norm_kept(z, 5, w, kept, )
    torch.set_grad_enabled(True)
    return torch.add([torch.add(between, z)], kept)

  def dropout_of(self: __torch__.Kernels, noise: Tensor) -> List[float]:
    p = float(torch.select(noise, 0, 0))
    drop = annotate(List[float], [])
    if torch.gt(p, 0.):
      drop = [p, float(torch.select(noise, 0, 1))]
    return drop

  # The block's output alone.
  def block_forward(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    return [(self).block_kept(x, cos, sin, gather, outputs, mask, w, a, noise, )[0]]

  # Gradients of a block: [gradient of x, gradient of each array of w and a that requires one, in order]. kept: what
  # block_kept returned after the output.
  def block_vjp(self: __torch__.Kernels, x: Tensor, kept: List[Tensor], upstream: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    drop = (self).dropout_of(noise, )
    found = annotate(List[Tensor], [])
    for i in range(torch.add(torch.len(w), torch.len(a))):
      _0 = torch.append(found, upstream)
    mean, deviation, low_heads, weight, low_out, h, raw, attended = torch.slice(kept, 0, 8, 1)
    at = 8
    if self.output_norms:
      at = 11
    mean2, deviation2, low_first, low_last, between, h2, first = torch.slice(kept, at, torch.add(at, 7), 1)
    dz = upstream
    if self.output_norms:
      dz = (self).norm_vjp(kept[18], kept[19], kept[20], 5, upstream, w, found, )
    active = (self).activated((self).gate_of(first, ), )
    dinner = (self).layers_vjp((self).gated(active, first, ), low_last, [6], dz, w, a, drop, found, )
    dfirst = (self).gated_vjp(active, first, dinner, )
    dh2 = (self).layers_vjp(h2, low_first, (self).first_layers(), dfirst, w, a, drop, found, )
    input = between
    if self.parallel:
      input = x
    dx = torch.add(upstream, (self).norm_vjp(input, mean2, deviation2, 4, dh2, w, found, ))
    dy = dx
    if self.parallel:
      dy = upstream
    if self.output_norms:
      dy = (self).norm_vjp(kept[8], kept[9], kept[10], 3, dy, w, found, )
    dattended = (self).layers_vjp(attended, low_out, [3], dy, w, a, drop, found, )
    draw = (self).attention_vjp(raw, weight, dattended, cos, sin, gather, outputs, mask, w, found, )
    dh = (self).layers_vjp(h, low_heads, (self).attention_layers(), draw, w, a, drop, found, )
    _1 = torch.add_(dx, (self).norm_vjp(x, mean, deviation, 0, dh, w, found, ))
    torch.set_grad_enabled(True)
    result = annotate(List[Tensor], [dx])
    for j in range(torch.len(w)):
      if ops.prim.requires_grad(w[j]):
        _2 = torch.append(result, found[j])
    for l in range(torch.len(a)):
      if ops.prim.requires_grad(a[l]):
        _3 = torch.append(result, found[torch.add(torch.len(w), l)])
    return result

  # The gradient of first from that of what gated returned, which is overwritten. active: the activation of the gates.
  def gated_vjp(self: __torch__.Kernels, active: Tensor, first: Tensor, dinner: Tensor) -> Tensor:
    dfirst = torch.empty_like(first)
    gate = (self).gate_of(first, )
    if torch.gt(self.gating, 0):
      width = torch.size(active, 1)
      _0 = torch.mul(dinner, active, out=torch.narrow(dfirst, 1, width, width))
      _1 = torch.mul_(dinner, torch.narrow(first, 1, width, width))
    dgate = (self).gate_of(dfirst, )
    if torch.eq(self.activation, 0):
      _2 = ops.aten.silu_backward(dinner, gate, grad_input=dgate)
    else:
      if torch.eq(self.activation, 1):
        _3 = ops.aten.gelu_backward(dinner, gate, approximate="tanh", grad_input=dgate)
      else:
        _4 = ops.aten.gelu_backward(dinner, gate, approximate="none", grad_input=dgate)
    return dfirst
