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

  def feed_forward(self: __torch__.Kernels, h: Tensor, w: List[Tensor], a: List[Tensor], p: float) -> Tensor:
    if torch.__and__(torch.eq(self.gating, 1), torch.__not__(self.stacked)):
      low = (self).lowered(h, [4, 5], a, p, )
      gate = (self).raised(h, low[0], 4, w, a, )
      up = (self).raised(h, low[1], 5, w, a, )
      inner = torch.mul((self).activated(gate, ), up)
    else:
      if torch.gt(self.gating, 0):
        halves = torch.unflatten((self).linear(h, 4, w, a, p, ), -1, [2, -1])
        inner = torch.mul((self).activated(torch.select(halves, -2, 0), ), torch.select(halves, -2, 1))
      else:
        inner = (self).activated((self).linear(h, 5, w, a, p, ), )
    return (self).linear(inner, 6, w, a, p, )

  # The rest of a block: x [..., hidden] is its input, attended [..., heads * head_dim] what its heads gathered.
  def after_attention(self: __torch__.Kernels, x: Tensor, attended: Tensor, w: List[Tensor], a: List[Tensor], p: float) -> Tensor:
    y = (self).linear(attended, 3, w, a, p, )
    if self.output_norms:
      y = (self).norm(y, 3, w, )
    between = torch.add(x, y)
    if self.parallel:
      z = (self).feed_forward((self).norm(x, 4, w, ), w, a, p, )
    else:
      z = (self).feed_forward((self).norm(between, 4, w, ), w, a, p, )
    if self.output_norms:
      z = (self).norm(z, 5, w, )
    return torch.add(between, z)

  # A block over a row of documents that share prefixes: linear layers see every distinct token once, attention runs per
  # document. x [nodes, hidden]; cos, sin [nodes, 1, rotated]; path, owner, mask as tree_attention has them; noise [2]
  # float64 on the CPU: dropout probability and the seed of this block's masks in this step, so that a recomputed block
  # drops the same.
  def block(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> Tensor:
    p = float(torch.select(noise, 0, 0))
    if torch.gt(p, 0.):
      _0 = torch.manual_seed(int(torch.select(noise, 0, 1)))
    q, k, v = (self).projections((self).norm(x, 0, w, ), cos, sin, w, a, p, )
    attended = (self).tree_attention(q, k, v, path, owner, mask, )
    return (self).after_attention(x, attended, w, a, p, )

  # The block's output without its graph, for a block that is recomputed in the backward pass.
  def block_forward(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    y = (self).block(x, cos, sin, path, owner, mask, w, a, noise, )
    torch.set_grad_enabled(True)
    return [y]

  # [x as a leaf, the output with its graph], for a block whose activations are kept.
  def block_graph(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    return [leaf, (self).block(leaf, cos, sin, path, owner, mask, w, a, noise, )]

  # Vector-Jacobian product of a recomputed block: [gradient of x, gradient of each trainable weight and adapter array].
  def block_vjp(self: __torch__.Kernels, x: Tensor, upstream: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    y = (self).block(leaf, cos, sin, path, owner, mask, w, a, noise, )
    return (self).vjp(leaf, y, upstream, w, a, )

  # [gradient of leaf, gradient of each array of w and a that requires one, in order]
  def vjp(self: __torch__.Kernels, leaf: Tensor, y: Tensor, upstream: Tensor, w: List[Tensor], a: List[Tensor]) -> List[Tensor]:
    inputs = annotate(List[Tensor], [leaf])
    for i in range(torch.len(w)):
      t = w[i]
      if ops.prim.requires_grad(t):
        _0 = torch.append(inputs, t)
    for j in range(torch.len(a)):
      t2 = a[j]
      if ops.prim.requires_grad(t2):
        _1 = torch.append(inputs, t2)
    return (self).gradients(y, upstream, inputs, )

  def gradients(self: __torch__.Kernels, y: Tensor, upstream: Tensor, inputs: List[Tensor]) -> List[Tensor]:
    found = torch.grad([y], inputs, annotate(List[Optional[Tensor]], [upstream]), None, False, False)
    result = annotate(List[Tensor], [])
    for i in range(torch.len(found)):
      _0 = torch.append(result, unchecked_cast(Tensor, found[i]))
    return result
