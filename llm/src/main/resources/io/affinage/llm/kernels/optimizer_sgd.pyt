  # Stochastic gradient descent with momentum, as PyTorch: decay is added to the gradient; nesterov is 0 or 1.
  def sgd(self: __torch__.Kernels, p: List[Tensor], remainder: List[Tensor], g: List[Tensor], buffer: List[Tensor], step: int, factor: float, rate: float, decay: float, momentum: float, nesterov: float) -> List[Tensor]:
    for i in range(torch.len(p)):
      ps = (self).pieces(p[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      gs = (self).pieces(torch.contiguous(g[i]), )
      ms = (self).pieces(buffer[i], )
      for j in range(torch.len(ps)):
        w = (self).master_value(ps[j], rs[j], )
        gradient = (self).times(gs[j], factor, )
        if torch.ne(decay, 0.):
          gradient = torch.add(gradient, w, alpha=decay)
        if torch.eq(step, 1):
          _0 = torch.copy_(ms[j], gradient)
        else:
          _1 = torch.add_(torch.mul_(ms[j], momentum), gradient, alpha=1)
        update = ms[j]
        if torch.ne(nesterov, 0.):
          update = torch.add(gradient, update, alpha=momentum)
        _2 = torch.add_(w, update, alpha=torch.neg(rate))
        _3 = (self).set_master(ps[j], rs[j], w, )
    return annotate(List[Tensor], [])
