  # Root mean square of all elements, a scalar.
  def rms(self: __torch__.Kernels, x: Tensor) -> Tensor:
    return torch.div(torch.norm(x, 2), torch.pow(float(torch.numel(x)), 0.5))

  # p -= rate * update, as Adafactor clips and scales it: update is divided by its root mean square over clip where that
  # is above 1; with scale 1 the rate is multiplied by that of p (at least floor).
  def adafactor_apply(self: __torch__.Kernels, p: Tensor, update: Tensor, rate: float, decay: float, clip: float, floor: float, scale: float) -> Tensor:
    scaled = rate
    if torch.ne(scale, 0.):
      scaled = torch.mul(rate, ops.prim.max(floor, float((self).rms(p, ))))
    _0 = torch.div_(update, torch.clamp(torch.div((self).rms(update, ), clip), min=1.))
    _1 = torch.mul_(update, scaled)
    if torch.ne(decay, 0.):
      _2 = torch.add_(p, p, alpha=torch.neg(torch.mul(decay, scaled)))
    return torch.sub_(p, update)

  # Adafactor (Shazeer and Stern 2018), as transformers: row [out] and column [in] are running means of the squared
  # gradient [out, in] along the other dimension.
  def adafactor(self: __torch__.Kernels, p: List[Tensor], remainder: List[Tensor], g: List[Tensor], row: List[Tensor], column: List[Tensor], step: int, factor: float, rate: float, decay: float, exponent: float, eps: float, floor: float, clip: float, scale: float) -> List[Tensor]:
    beta = torch.sub(1., torch.pow(float(step), exponent))
    for i in range(torch.len(p)):
      gradient = (self).times(g[i], factor, )
      square = torch.add_(torch.square(gradient), eps)
      _0 = torch.add_(torch.mul_(row[i], beta), torch.mean(square, [-1], False), alpha=torch.sub(1., beta))
      _1 = torch.add_(torch.mul_(column[i], beta), torch.mean(square, [-2], False), alpha=torch.sub(1., beta))
      by_row = torch.unsqueeze(torch.rsqrt_(torch.div(row[i], torch.mean(row[i], [-1], True))), -1)
      update = torch.mul_(torch.mul(by_row, torch.rsqrt(torch.unsqueeze(column[i], -2))), gradient)
      w = (self).master_value(p[i], remainder[i], )
      _2 = (self).adafactor_apply(w, update, rate, decay, clip, floor, scale, )
      _3 = (self).set_master(p[i], remainder[i], w, )
    return annotate(List[Tensor], [])

  # The same for arrays of one dimension, whose second moment is kept whole.
  def adafactor_vector(self: __torch__.Kernels, p: List[Tensor], remainder: List[Tensor], g: List[Tensor], second: List[Tensor], step: int, factor: float, rate: float, decay: float, exponent: float, eps: float, floor: float, clip: float, scale: float) -> List[Tensor]:
    beta = torch.sub(1., torch.pow(float(step), exponent))
    for i in range(torch.len(p)):
      gradient = (self).times(g[i], factor, )
      square = torch.add_(torch.square(gradient), eps)
      _0 = torch.add_(torch.mul_(second[i], beta), square, alpha=torch.sub(1., beta))
      update = torch.mul_(torch.rsqrt(second[i]), gradient)
      w = (self).master_value(p[i], remainder[i], )
      _1 = (self).adafactor_apply(w, update, rate, decay, clip, floor, scale, )
      _2 = (self).set_master(p[i], remainder[i], w, )
    return annotate(List[Tensor], [])
