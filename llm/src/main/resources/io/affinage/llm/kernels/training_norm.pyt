  # Norms of a block in training, and their gradients.

  # x [nodes, hidden] beside -x: [nodes, 2 hidden]. Of such rows the mean is 0 and the variance x's mean square, so that
  # LayerNorm, which has kernels for both directions, is RMSNorm.
  def mirrored(self: __torch__.Kernels, x: Tensor) -> Tensor:
    width = torch.size(x, 1)
    y = torch.new_empty(x, [torch.size(x, 0), torch.mul(width, 2)])
    _0 = torch.copy_(torch.narrow(y, 1, 0, width), x)
    _1 = torch.neg(x, out=torch.narrow(y, 1, width, width))
    return y

  # The weight of a mirrored row. On a CPU statistics are float32 where the weight is; elsewhere they always are.
  def mirrored_weight(self: __torch__.Kernels, weight: Tensor, x: Tensor) -> Tensor:
    wide = torch.to(weight, 6)
    if self.one_plus:
      wide = torch.add(wide, 1)
    if torch.__not__(ops.prim.is_cpu(x)):
      wide = torch.type_as(wide, x)
    return torch.cat([wide, wide], 0)

  # One of the block's norms of x [nodes, hidden]; puts the statistics that its gradient takes into saved: mean, 1 / deviation.
  def norm_saving(self: __torch__.Kernels, x: Tensor, which: int, w: List[Tensor], saved: List[Tensor]) -> Tensor:
    weight = w[(self).norm_weight_index(which, )]
    width = torch.size(x, 1)
    if self.layer_norm:
      y, mean, deviation = torch.native_layer_norm(x, [width], weight, w[(self).norm_bias_index(which, )], self.eps)
    else:
      twice, mean, deviation = torch.native_layer_norm((self).mirrored(x, ), [torch.mul(width, 2)], (self).mirrored_weight(weight, x, ), None, self.eps)
      y = torch.contiguous(torch.narrow(twice, 1, 0, width))
    _0 = torch.append(saved, mean)
    _1 = torch.append(saved, deviation)
    return y

  # The gradient of a norm's input [nodes, hidden]; those of its weight and bias go to their places in gradients.
  def norm_vjp(self: __torch__.Kernels, x: Tensor, mean: Tensor, deviation: Tensor, which: int, upstream: Tensor, w: List[Tensor], gradients: List[Tensor]) -> Tensor:
    at = (self).norm_weight_index(which, )
    weight = w[at]
    width = torch.size(x, 1)
    trained = ops.prim.requires_grad(weight)
    if self.layer_norm:
      bias_at = (self).norm_bias_index(which, )
      bias = w[bias_at]
      dx, dweight, dbias = torch.native_layer_norm_backward(upstream, x, [width], mean, deviation, weight, bias, [True, trained, ops.prim.requires_grad(bias)])
      _0 = torch._set_item(gradients, bias_at, dbias)
      _1 = torch._set_item(gradients, at, dweight)
    else:
      above = torch.constant_pad_nd(upstream, [0, width], 0)
      both, dtwice, none = torch.native_layer_norm_backward(above, (self).mirrored(x, ), [torch.mul(width, 2)], mean, deviation, (self).mirrored_weight(weight, x, ), None, [True, trained, False])
      dx = torch.sub(torch.narrow(both, 1, 0, width), torch.narrow(both, 1, width, width))
      if trained:
        _2 = torch._set_item(gradients, at, torch.narrow(dtwice, 0, 0, width))
    return dx
