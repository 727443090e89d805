  # Sum of squares of all gradients, float32 scalar.
  def squared_norm(self: __torch__.Kernels, gradients: List[Tensor]) -> List[Tensor]:
    norms = ops.aten._foreach_norm(gradients, 2)
    return [torch.sum(torch.square(torch.stack(norms, 0)))]

  # gradients *= factor, in place.
  def scale_all(self: __torch__.Kernels, gradients: List[Tensor], factor: float) -> List[Tensor]:
    _0 = ops.aten._foreach_mul_(gradients, factor)
    return annotate(List[Tensor], [])

  # total += gradients, in place.
  def add_all(self: __torch__.Kernels, total: List[Tensor], gradients: List[Tensor]) -> List[Tensor]:
    _0 = ops.aten._foreach_add_(total, gradients, alpha=1)
    return annotate(List[Tensor], [])

  # AdamW (Loshchilov and Hutter 2019) in place; step counts from 1. first and second: running moments, float32.
  def adamw(self: __torch__.Kernels, parameters: List[Tensor], gradients: List[Tensor], first: List[Tensor], second: List[Tensor], step: int, learning_rate: float, beta1: float, beta2: float, eps: float, weight_decay: float) -> List[Tensor]:
    if torch.ne(weight_decay, 0.):
      _0 = ops.aten._foreach_mul_(parameters, torch.sub(1., torch.mul(learning_rate, weight_decay)))
    _1 = ops.aten._foreach_mul_(first, beta1)
    _2 = ops.aten._foreach_add_(first, gradients, alpha=torch.sub(1., beta1))
    _3 = ops.aten._foreach_mul_(second, beta2)
    _4 = ops.aten._foreach_addcmul_(second, gradients, gradients, torch.sub(1., beta2))
    correction1 = torch.sub(1., torch.pow(beta1, step))
    correction2 = torch.sub(1., torch.pow(beta2, step))
    denominator = ops.aten._foreach_sqrt(second)
    _5 = ops.aten._foreach_div_(denominator, torch.pow(correction2, 0.5))
    _6 = ops.aten._foreach_add_(denominator, eps)
    _7 = ops.aten._foreach_addcdiv_(parameters, first, denominator, torch.neg(torch.div(learning_rate, correction1)))
    return annotate(List[Tensor], [])

  # gradients = 0, in place (a NaN goes too, which a product with 0 would keep).
  def zero_all(self: __torch__.Kernels, gradients: List[Tensor]) -> List[Tensor]:
    _0 = ops.aten._foreach_zero_(gradients)
    return annotate(List[Tensor], [])
