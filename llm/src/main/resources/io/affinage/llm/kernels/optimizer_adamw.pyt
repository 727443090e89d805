  # AdamW (Loshchilov and Hutter 2019) by PyTorch's fused kernel: one pass over each array. All float32.
  def fused_adamw(self: __torch__.Kernels, p: List[Tensor], g: List[Tensor], first: List[Tensor], second: List[Tensor], step: Tensor, rate: float, decay: float, beta1: float, beta2: float, eps: float) -> int:
    steps = annotate(List[Tensor], [])
    for i in range(torch.len(p)):
      _0 = torch.append(steps, step)
    none = annotate(List[Tensor], [])
    _1 = ops.aten._fused_adamw_(p, g, first, second, none, steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
    return torch.len(p)

  # AdamW. first, second: running moments.
  def adamw(self: __torch__.Kernels, p: List[Tensor], remainder: List[Tensor], g: List[Tensor], first: List[Tensor], second: List[Tensor], step: int, factor: float, rate: float, decay: float, beta1: float, beta2: float, eps: float) -> List[Tensor]:
    steps_made = torch.full([], step, dtype=6, device=ops.prim.device(p[0]))
    whole = annotate(List[Tensor], [])
    gradients = annotate(List[Tensor], [])
    firsts = annotate(List[Tensor], [])
    seconds = annotate(List[Tensor], [])
    for i in range(torch.len(p)):
      if torch.eq(torch.numel(remainder[i]), 0):
        _0 = torch.append(whole, p[i])
        _1 = torch.append(gradients, g[i])
        _2 = torch.append(firsts, first[i])
        _3 = torch.append(seconds, second[i])
      else:
        ps = (self).pieces(p[i], )
        rs = (self).pieces(remainder[i], )
        gs = (self).pieces(torch.contiguous(g[i]), )
        ms = (self).pieces(first[i], )
        vs = (self).pieces(second[i], )
        for j in range(torch.len(ps)):
          w = (self).master_value(ps[j], rs[j], )
          _4 = (self).fused_adamw([w], [(self).times(gs[j], factor, )], [ms[j]], [vs[j]], steps_made, rate, decay, beta1, beta2, eps, )
          _5 = (self).set_master(ps[j], rs[j], w, )
    if torch.gt(torch.len(whole), 0):
      if torch.ne(factor, 1.):
        _6 = ops.aten._foreach_mul_(gradients, factor)
      _7 = (self).fused_adamw(whole, gradients, firsts, seconds, steps_made, rate, decay, beta1, beta2, eps, )
    return annotate(List[Tensor], [])
