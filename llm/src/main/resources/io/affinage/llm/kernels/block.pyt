  # One decoder block, for training and for generation. Attributes: layer_norm, one_plus, eps: which norm; activation:
  # 0 SiLU, 1 GELU by tanh, 2 GELU; gating: 0 none, 1 two layers, 2 one layer with all of gate, then all of up; parallel:
  # attention and feed-forward both read the block's input (GPT-NeoX); output_norms: a norm after each of them (Gemma 2).
  # w: the block's weights: weight and bias of the 7 linear layers (linear.pyt), then weight and bias of the 6 norms:
  #    0 input, 1 query, 2 key, 3 attention output, 4 feed-forward input, 5 feed-forward output; empty what a model lacks.
  # a: the block's adapter (linear.pyt).

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
          # Generation (blocks that are computed twice in training must give the same bits both times, so not there).
          # x beside -x has mean 0 and the mean square of x as its variance: LayerNorm, which is one kernel, is RMSNorm.
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

  # The layers that read the feed-forward's input.
  def feed_forward_slots(self: __torch__.Kernels) -> List[int]:
    slots = [4]
    if torch.eq(self.gating, 0):
      slots = [5]
    if torch.__and__(torch.eq(self.gating, 1), torch.__not__(self.stacked)):
      slots = [4, 5]
    return slots

  # The input of the feed-forward's last layer, from what those layers gave.
  def inner(self: __torch__.Kernels, raw: List[Tensor]) -> Tensor:
    if torch.eq(torch.len(raw), 2):
      y = torch.mul((self).activated(raw[0], ), raw[1])
    else:
      if torch.gt(self.gating, 0):
        halves = torch.unflatten(raw[0], -1, [2, -1])
        y = torch.mul((self).activated(torch.select(halves, -2, 0), ), torch.select(halves, -2, 1))
      else:
        y = (self).activated(raw[0], )
    return y

  # The rest of a block: x [..., hidden] is its input, attended [..., heads * head_dim] what its heads gathered.
  def after_attention(self: __torch__.Kernels, x: Tensor, attended: Tensor, w: List[Tensor], a: List[Tensor]) -> Tensor:
    return (self).keeping(x, attended, w, a, annotate(List[float], []), annotate(List[Tensor], []), )

  # The same, putting into kept what the backward pass takes: where outputs are normalized, what attention's output layer
  # gave; the sum with x; what each first layer of the feed-forward gave, and what they read; where outputs are normalized,
  # what its last gave.
  def keeping(self: __torch__.Kernels, x: Tensor, attended: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float], kept: List[Tensor]) -> Tensor:
    y = (self).linear(attended, 3, w, a, drop, )
    if self.output_norms:
      _0 = torch.append(kept, y)
      y = (self).norm(y, 3, w, )
    between = torch.add(x, y)
    _1 = torch.append(kept, between)
    input = between
    if self.parallel:
      input = x
    h = (self).norm(input, 4, w, )
    raw = (self).linears(h, (self).feed_forward_slots(), w, a, drop, )
    for i in range(torch.len(raw)):
      _2 = torch.append(kept, raw[i])
    _3 = torch.append(kept, h)
    z = (self).linear((self).inner(raw, ), 6, w, a, drop, )
    if self.output_norms:
      _4 = torch.append(kept, z)
      z = (self).norm(z, 5, w, )
    return torch.add(between, z)

  # A block over a row of documents that share prefixes: linear layers see every distinct token once, attention runs per
  # document. x [nodes, hidden]; cos, sin [nodes, 1, rotated]; path, owner, mask as tree_attention has them; noise [2]
  # float64 on the CPU: dropout probability and the seed of this block's masks in this step. Returns the output [nodes,
  # hidden], then what block_vjp needs of it: what the projections read, what they gave, and what keeping keeps. No graph is made.
  def block_kept(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    drop = (self).dropout_of(noise, )
    h = (self).norm(x, 0, w, )
    kept = (self).linears(h, (self).projection_slots(), w, a, drop, )
    q, k, v = (self).turned_heads(kept, cos, sin, w, )
    attended = (self).tree_attention(q, k, v, path, owner, mask, )
    y = (self).keeping(x, attended, w, a, drop, kept, )
    torch.set_grad_enabled(True)
    return torch.add([y, h], kept)

  def dropout_of(self: __torch__.Kernels, noise: Tensor) -> List[float]:
    p = float(torch.select(noise, 0, 0))
    drop = annotate(List[float], [])
    if torch.gt(p, 0.):
      drop = [p, float(torch.select(noise, 0, 1))]
    return drop

  # The block's output alone.
  def block_forward(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    return [(self).block_kept(x, cos, sin, path, owner, mask, w, a, noise, )[0]]

  # Gradients of a block: [gradient of x, gradient of each array of w and a that requires one, in order]. kept: what
  # block_kept returned after the output. The linear layers' gradients are written out; what lies between them
  # (activation, attention) is little work, is computed again, and differentiated piece by piece.
  def block_vjp(self: __torch__.Kernels, x: Tensor, kept: List[Tensor], upstream: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    drop = (self).dropout_of(noise, )
    normed = kept[0]
    kept = torch.slice(kept, 1, 9223372036854775807, 1)
    found = annotate(List[Tensor], [])
    for i in range(torch.add(torch.len(w), torch.len(a))):
      _0 = torch.append(found, upstream)
    projections = (self).projection_slots()
    layers = (self).feed_forward_slots()
    at = torch.len(projections)
    if self.output_norms:
      at = torch.add(at, 1)
    dz = upstream
    if self.output_norms:
      dz = (self).norm_vjp(kept[torch.sub(torch.len(kept), 1)], 5, upstream, w, found, )
    raw = torch.slice(kept, torch.add(at, 1), torch.add(torch.add(at, 1), torch.len(layers)), 1)
    draw = (self).feed_forward_vjp(raw, dz, w, a, drop, found, )
    input = kept[at]
    if self.parallel:
      input = x
    dh = (self).linears_vjp(kept[torch.add(torch.add(at, 1), torch.len(layers))], layers, draw, w, a, drop, found, )
    dx = torch.add(upstream, (self).norm_vjp(input, 4, dh, w, found, ))
    dy = dx
    if self.parallel:
      dy = upstream
    if self.output_norms:
      dy = (self).norm_vjp(kept[torch.sub(at, 1)], 3, dy, w, found, )
    heads = torch.slice(kept, 0, torch.len(projections), 1)
    dheads = (self).attention_vjp(heads, dy, cos, sin, path, owner, mask, w, a, drop, found, )
    dh = (self).linears_vjp(normed, projections, dheads, w, a, drop, found, )
    _1 = torch.add_(dx, (self).norm_vjp(x, 0, dh, w, found, ))
    torch.set_grad_enabled(True)
    result = annotate(List[Tensor], [dx])
    for j in range(torch.len(w)):
      if ops.prim.requires_grad(w[j]):
        _2 = torch.append(result, found[j])
    for l in range(torch.len(a)):
      if ops.prim.requires_grad(a[l]):
        _3 = torch.append(result, found[torch.add(torch.len(w), l)])
    return result

  # Gradients of what the feed-forward's first layers gave, from that of what its last layer gave.
  def feed_forward_vjp(self: __torch__.Kernels, raw: List[Tensor], upstream: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float], found: List[Tensor]) -> List[Tensor]:
    leaves = (self).leaves(raw, )
    torch.set_grad_enabled(True)
    inner = (self).inner(leaves, )
    torch.set_grad_enabled(False)
    dinner = (self).linears_vjp(torch.detach(inner), [6], [upstream], w, a, drop, found, )
    return (self).gradients(inner, dinner, leaves, )

  # Gradients of what the projections gave, from that of what attention's output layer gave.
  def attention_vjp(self: __torch__.Kernels, raw: List[Tensor], upstream: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], drop: List[float], found: List[Tensor]) -> List[Tensor]:
    leaves = (self).leaves(raw, )
    torch.set_grad_enabled(True)
    q, k, v = (self).turned_heads(leaves, cos, sin, w, )
    attended = (self).tree_attention(q, k, v, path, owner, mask, )
    torch.set_grad_enabled(False)
    dattended = (self).linears_vjp(torch.detach(attended), [3], [upstream], w, a, drop, found, )
    trained = annotate(List[int], [])
    inputs = torch.slice(leaves, 0, 9223372036854775807, 1)
    if self.query_key_norm:
      for i in range(4):
        at = torch.add(i, 16)
        if ops.prim.requires_grad(w[at]):
          _0 = torch.append(trained, at)
          _1 = torch.append(inputs, w[at])
    gradients = (self).gradients(attended, dattended, inputs, )
    for j in range(torch.len(trained)):
      _2 = torch._set_item(found, trained[j], gradients[torch.add(torch.len(raw), j)])
    return torch.slice(gradients, 0, torch.len(raw), 1)

  def leaves(self: __torch__.Kernels, arrays: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for i in range(torch.len(arrays)):
      _0 = torch.append(result, torch.requires_grad_(torch.detach(arrays[i]), True))
    return result

  # The gradient of a norm's input [nodes, hidden]; those of its weight and bias go to their places in found.
  def norm_vjp(self: __torch__.Kernels, x: Tensor, slot: int, upstream: Tensor, w: List[Tensor], found: List[Tensor]) -> Tensor:
    at = torch.add(torch.mul(slot, 2), 14)
    weight = w[at]
    if self.layer_norm:
      bias = w[torch.add(at, 1)]
      size = [torch.size(x, -1)]
      _0, mean, deviation = torch.native_layer_norm(x, size, weight, bias, self.eps)
      dx, dweight, dbias = torch.native_layer_norm_backward(upstream, x, size, mean, deviation, weight, bias, [True, True, True])
      _1 = torch._set_item(found, torch.add(at, 1), dbias)
      _2 = torch._set_item(found, at, dweight)
    else:
      unit = torch.to(x, 6)
      scale = torch.rsqrt(torch.add(torch.mean(torch.square(unit), [-1], True), self.eps))
      unit = torch.mul(unit, scale)
      g = torch.to(upstream, 6)
      if ops.prim.requires_grad(weight):
        _3 = torch._set_item(found, at, torch.sum(torch.mul(g, unit), [0]))
      factor = torch.to(weight, 6)
      if self.one_plus:
        factor = torch.add(factor, 1)
      g = torch.mul(g, factor)
      along = torch.mean(torch.mul(g, unit), [-1], True)
      dx = torch.type_as(torch.mul_(torch.sub_(g, torch.mul_(unit, along)), scale), x)
    return dx

  def gradients(self: __torch__.Kernels, y: Tensor, upstream: Tensor, inputs: List[Tensor]) -> List[Tensor]:
    found = torch.grad([y], inputs, annotate(List[Optional[Tensor]], [upstream]), None, False, False)
    result = annotate(List[Tensor], [])
    for i in range(torch.len(found)):
      _0 = torch.append(result, unchecked_cast(Tensor, found[i]))
    return result
