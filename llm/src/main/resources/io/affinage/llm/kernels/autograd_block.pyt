  # A block whose gradients autograd finds: any adapter can be trained through it, and it is the plain form of what
  # training_block.pyt has written out. Arguments as there.

  def block(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> Tensor:
    drop = (self).dropout_of(noise, )
    heads = torch.cat((self).projections((self).norm(x, self.norm_input, w, ), cos, sin, w, a, drop, ), 1)
    attended = (self).tree_attention(heads, gather, outputs, mask, annotate(List[Tensor], []), )
    return (self).after_attention(x, attended, w, a, drop, )

  # The block's output alone; no graph is made.
  def autograd_forward(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    y = (self).block(x, cos, sin, gather, outputs, mask, w, a, noise, )
    torch.set_grad_enabled(True)
    return [y]

  # As block_vjp, from the block's input alone: the block is computed again.
  def autograd_vjp(self: __torch__.Kernels, x: Tensor, upstream: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    inputs = annotate(List[Tensor], [leaf])
    for array in torch.add(w, a):
      if ops.prim.requires_grad(array):
        _0 = torch.append(inputs, array)
    y = (self).block(leaf, cos, sin, gather, outputs, mask, w, a, noise, )
    return (self).gradients(y, upstream, inputs, )

  # The keys and values of each node, [nodes, kv_heads * head_dim] float32, as a cache would hold them.
  def keys_and_values(self: __torch__.Kernels, x: Tensor, cos: Tensor, sin: Tensor, gather: Tensor, outputs: Tensor, mask: Tensor, w: List[Tensor], a: List[Tensor], noise: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    q, k, v = (self).projections((self).norm(x, self.norm_input, w, ), cos, sin, w, a, annotate(List[float], []), )
    torch.set_grad_enabled(True)
    return [torch.to(torch.flatten(k, 1), 6), torch.to(torch.flatten(v, 1), 6)]
