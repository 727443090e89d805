  # Lion (Chen et al. 2023). momentum: running mean of gradients.
  def lion(self: __torch__.Kernels, p: List[Tensor], remainder: List[Tensor], g: List[Tensor], momentum: List[Tensor], step: int, factor: float, rate: float, decay: float, beta1: float, beta2: float) -> List[Tensor]:
    for i in range(torch.len(p)):
      ps = (self).pieces(p[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      gs = (self).pieces(torch.contiguous(g[i]), )
      ms = (self).pieces(momentum[i], )
      for j in range(torch.len(ps)):
        w = (self).master_value(ps[j], rs[j], )
        gradient = (self).times(gs[j], factor, )
        if torch.ne(decay, 0.):
          _0 = torch.mul_(w, torch.sub(1., torch.mul(rate, decay)))
        update = torch.add_(torch.mul(ms[j], beta1), gradient, alpha=torch.sub(1., beta1))
        _1 = torch.add_(w, torch.sign_(update), alpha=torch.neg(rate))
        _2 = torch.add_(torch.mul_(ms[j], beta2), gradient, alpha=torch.sub(1., beta2))
        _3 = (self).set_master(ps[j], rs[j], w, )
    return annotate(List[Tensor], [])
