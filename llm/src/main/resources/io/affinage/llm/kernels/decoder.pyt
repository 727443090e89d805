  # One decoder block of the Llama family (pre-norm, RoPE, grouped-query attention, SwiGLU), for training
  # and for generation. Attributes: heads, kv_heads, head_dim : int, eps : float.
  # w: the block's weights, in order: input norm, q, k, v, o, post-attention norm, gate, up, down.
  # a: the block's adapter: (A [r, in], B [out, r]) of q, k, v, o, gate, up, down, both empty where a linear has
  #    none, then one scalar: the scaling s.
  # Linear layer with LoRA (Hu et al. 2021): x w^T + s dropout(x) a^T b^T; p: dropout probability, 0 outside training.
  def adapted(self: __torch__.Kernels, x: Tensor, w: Tensor, a: Tensor, b: Tensor, s: Tensor, p: float) -> Tensor:
    y = torch.linear(x, w, None)
    if torch.gt(torch.numel(a), 0):
      dropped = x
      if torch.gt(p, 0.):
        dropped = torch.dropout(x, p, True)
      low = torch.linear(dropped, torch.type_as(a, x), None)
      out = torch.addmm(torch.flatten(y, 0, -2), torch.flatten(low, 0, -2), torch.t(torch.type_as(b, x)), beta=1, alpha=torch.item(s))
      y = torch.view_as(out, y)
    return y

  def rotate(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = torch.floordiv(self.head_dim, 2)
    left = torch.narrow(x, -1, 0, half)
    right = torch.narrow(x, -1, half, half)
    return torch.add(torch.mul(x, cos), torch.mul(torch.cat([torch.neg(right), left], -1), sin))

  # position [...] int64, frequency [head_dim / 2] float32 -> cos, sin [..., 1, head_dim] in the type of like
  def rope(self: __torch__.Kernels, position: Tensor, frequency: Tensor, like: Tensor) -> List[Tensor]:
    angle = torch.mul(torch.unsqueeze(torch.to(position, 6), -1), frequency)
    angle = torch.unsqueeze(torch.cat([angle, angle], -1), -2)
    return [torch.type_as(torch.cos(angle), like), torch.type_as(torch.sin(angle), like)]

  def embed(self: __torch__.Kernels, tokens: Tensor, weight: Tensor) -> List[Tensor]:
    return [torch.embedding(weight, tokens)]

  def feed_forward(self: __torch__.Kernels, x: Tensor, w: List[Tensor], a: List[Tensor], p: float) -> Tensor:
    h = torch.rms_norm(x, [torch.size(x, -1)], w[5], self.eps)
    gate = (self).adapted(h, w[6], a[8], a[9], a[14], p, )
    up = (self).adapted(h, w[7], a[10], a[11], a[14], p, )
    return torch.add(x, (self).adapted(torch.mul(torch.silu(gate), up), w[8], a[12], a[13], a[14], p, ))

  # A row of documents that share prefixes: linear layers see every distinct token once, attention runs per document.
  # x [nodes, hidden]; cos, sin [nodes, 1, head_dim]; path [documents, longest]: node of each position (right-padded);
  # owner [nodes]: where in the flattened paths a node's attention output is read; triangle [longest, longest]:
  # 0 on and below the diagonal, -inf above; noise [2] float64 on the CPU: dropout probability and the seed of this
  # block's masks in this step, so that a recomputed block drops the same.
  def block(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, triangle: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> Tensor:
    p = float(torch.select(noise, 0, 0))
    if torch.gt(p, 0.):
      _0 = torch.manual_seed(int(torch.select(noise, 0, 1)))
    nodes = torch.size(x, 0)
    documents = torch.size(path, 0)
    longest = torch.size(path, 1)
    flat = torch.flatten(path)
    group = torch.floordiv(self.heads, self.kv_heads)
    batch = torch.mul(documents, self.kv_heads)
    h = torch.rms_norm(x, [torch.size(x, -1)], w[0], self.eps)
    q = torch.view((self).adapted(h, w[1], a[0], a[1], a[14], p, ), [nodes, self.heads, self.head_dim])
    k = torch.view((self).adapted(h, w[2], a[2], a[3], a[14], p, ), [nodes, self.kv_heads, self.head_dim])
    v = torch.view((self).adapted(h, w[3], a[4], a[5], a[14], p, ), [nodes, self.kv_heads, self.head_dim])
    q = torch.mul((self).rotate(q, cos, sin, ), torch.pow(self.head_dim, -0.5))
    k = (self).rotate(k, cos, sin, )
    q = torch.transpose(torch.view(torch.index_select(q, 0, flat), [documents, longest, self.heads, self.head_dim]), 1, 2)
    k = torch.transpose(torch.view(torch.index_select(k, 0, flat), [documents, longest, self.kv_heads, self.head_dim]), 1, 2)
    v = torch.transpose(torch.view(torch.index_select(v, 0, flat), [documents, longest, self.kv_heads, self.head_dim]), 1, 2)
    q = torch.reshape(q, [batch, torch.mul(group, longest), self.head_dim])
    k = torch.reshape(k, [batch, longest, self.head_dim])
    v = torch.reshape(v, [batch, longest, self.head_dim])
    score = torch.view(torch.bmm(q, torch.transpose(k, 1, 2)), [batch, group, longest, longest])
    weight = torch.softmax(torch.add_(score, triangle), -1)
    out = torch.bmm(torch.view(weight, [batch, torch.mul(group, longest), longest]), v)
    out = torch.transpose(torch.view(out, [documents, self.heads, longest, self.head_dim]), 1, 2)
    out = torch.index_select(torch.reshape(out, [torch.mul(documents, longest), torch.mul(self.heads, self.head_dim)]), 0, owner)
    x = torch.add(x, (self).adapted(out, w[4], a[6], a[7], a[14], p, ))
    return (self).feed_forward(x, w, a, p, )

  # The block's output without its graph, for a block that is recomputed in the backward pass.
  def block_forward(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, triangle: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    y = (self).block(x, cos, sin, path, owner, triangle, w, a, noise, )
    torch.set_grad_enabled(True)
    return [y]

  # [x as a leaf, the output with its graph], for a block whose activations are kept.
  def block_graph(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, triangle: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    return [leaf, (self).block(leaf, cos, sin, path, owner, triangle, w, a, noise, )]

  # Vector-Jacobian product of a recomputed block: [gradient of x, gradient of each trainable weight and adapter array].
  def block_vjp(self: __torch__.Kernels, x: Tensor, upstream: Tensor, cos: Tensor, sin: Tensor, path: Tensor, owner: Tensor, triangle: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    y = (self).block(leaf, cos, sin, path, owner, triangle, w, a, noise, )
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
