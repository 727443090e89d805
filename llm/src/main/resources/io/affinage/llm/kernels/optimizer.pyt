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

  # gradients = 0, in place (a NaN goes too, which a product with 0 would keep).
  def zero_all(self: __torch__.Kernels, gradients: List[Tensor]) -> List[Tensor]:
    _0 = ops.aten._foreach_zero_(gradients)
    return annotate(List[Tensor], [])

  # What follows updates p in place from its gradient g and its state. step counts from 1, rate is the learning rate,
  # decay the weight decay. Elementwise rules go through an array in pieces of a million: what they compute in between
  # then stays in the cache and never needs a model's size.
  def pieces(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return torch.split(torch.view(x, [-1]), 1048576, 0)

  # AdamW (Loshchilov and Hutter 2019) by PyTorch's fused kernel: one pass over each array. first, second: running moments.
  def adamw(self: __torch__.Kernels, p: List[Tensor], g: List[Tensor], first: List[Tensor], second: List[Tensor], step: int, rate: float, decay: float, beta1: float, beta2: float, eps: float) -> List[Tensor]:
    made = torch.full([], step, dtype=6, device=ops.prim.device(p[0]))
    steps = annotate(List[Tensor], [])
    for i in range(torch.len(p)):
      _0 = torch.append(steps, made)
    none = annotate(List[Tensor], [])
    _1 = ops.aten._fused_adamw_(p, g, first, second, none, steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
    return annotate(List[Tensor], [])

  # codes [blocks, 256] uint8, scale [blocks], map [256] ascending -> float32 [blocks, 256]
  def from_codes(self: __torch__.Kernels, codes: Tensor, scale: Tensor, map: Tensor) -> Tensor:
    values = torch.index_select(map, 0, torch.to(torch.flatten(codes), 3))
    return torch.mul_(torch.view(values, [-1, 256]), torch.unsqueeze(scale, 1))

  # x [blocks, 256] into codes and scale: each block by its largest magnitude, each value to the nearest entry of the map.
  def into_codes(self: __torch__.Kernels, x: Tensor, codes: Tensor, scale: Tensor, map: Tensor) -> Tensor:
    largest = torch.amax(torch.abs(x), [1], False)
    _0 = torch.copy_(scale, largest)
    divisor = torch.where(torch.eq(largest, 0), torch.ones_like(largest), largest)
    middle = torch.mul(torch.add(torch.narrow(map, 0, 0, 255), torch.narrow(map, 0, 1, 255)), 0.5)
    found = torch.bucketize(torch.div(x, torch.unsqueeze(divisor, 1)), middle, out_int32=True, right=False)
    return torch.copy_(codes, found)

  # AdamW with 8-bit state in blocks of 256 (Dettmers et al. 2022), as bitsandbytes. first, second: codes [blocks, 256];
  # signed, unsigned: the maps [256] of the first and of the second moment.
  def adamw8bit(self: __torch__.Kernels, p: List[Tensor], g: List[Tensor], first: List[Tensor], first_scale: List[Tensor], second: List[Tensor], second_scale: List[Tensor], signed: Tensor, unsigned: Tensor, step: int, rate: float, decay: float, beta1: float, beta2: float, eps: float) -> List[Tensor]:
    size = torch.div(rate, torch.sub(1., torch.pow(beta1, step)))
    correction = torch.pow(torch.sub(1., torch.pow(beta2, step)), 0.5)
    for i in range(torch.len(p)):
      ps = (self).pieces(p[i], )
      gs = (self).pieces(g[i], )
      for j in range(torch.len(ps)):
        count = torch.numel(ps[j])
        blocks = torch.floordiv(torch.add(count, 255), 256)
        at = torch.mul(j, 4096)
        m_codes = torch.narrow(first[i], 0, at, blocks)
        m_scale = torch.narrow(first_scale[i], 0, at, blocks)
        v_codes = torch.narrow(second[i], 0, at, blocks)
        v_scale = torch.narrow(second_scale[i], 0, at, blocks)
        m = (self).from_codes(m_codes, m_scale, signed, )
        v = (self).from_codes(v_codes, v_scale, unsigned, )
        m_flat = torch.narrow(torch.view(m, [-1]), 0, 0, count)
        v_flat = torch.narrow(torch.view(v, [-1]), 0, 0, count)
        _0 = torch.add_(torch.mul_(m_flat, beta1), gs[j], alpha=torch.sub(1., beta1))
        _1 = torch.addcmul_(torch.mul_(v_flat, beta2), gs[j], gs[j], value=torch.sub(1., beta2))
        denominator = torch.add_(torch.div_(torch.sqrt(v_flat), correction), eps)
        if torch.ne(decay, 0.):
          _2 = torch.mul_(ps[j], torch.sub(1., torch.mul(rate, decay)))
        _3 = torch.addcdiv_(ps[j], m_flat, denominator, value=torch.neg(size))
        _4 = (self).into_codes(m, m_codes, m_scale, signed, )
        _5 = (self).into_codes(v, v_codes, v_scale, unsigned, )
    return annotate(List[Tensor], [])

  # Lion (Chen et al. 2023). momentum: running mean of gradients.
  def lion(self: __torch__.Kernels, p: List[Tensor], g: List[Tensor], momentum: List[Tensor], step: int, rate: float, decay: float, beta1: float, beta2: float) -> List[Tensor]:
    for i in range(torch.len(p)):
      ps = (self).pieces(p[i], )
      gs = (self).pieces(g[i], )
      ms = (self).pieces(momentum[i], )
      for j in range(torch.len(ps)):
        if torch.ne(decay, 0.):
          _0 = torch.mul_(ps[j], torch.sub(1., torch.mul(rate, decay)))
        update = torch.add_(torch.mul(ms[j], beta1), gs[j], alpha=torch.sub(1., beta1))
        _1 = torch.add_(ps[j], torch.sign_(update), alpha=torch.neg(rate))
        _2 = torch.add_(torch.mul_(ms[j], beta2), gs[j], alpha=torch.sub(1., beta2))
    return annotate(List[Tensor], [])

  # Stochastic gradient descent with momentum, as PyTorch: decay is added to the gradient; nesterov is 0 or 1.
  def sgd(self: __torch__.Kernels, p: List[Tensor], g: List[Tensor], momentum: List[Tensor], step: int, rate: float, decay: float, factor: float, nesterov: float) -> List[Tensor]:
    for i in range(torch.len(p)):
      ps = (self).pieces(p[i], )
      gs = (self).pieces(g[i], )
      ms = (self).pieces(momentum[i], )
      for j in range(torch.len(ps)):
        gradient = gs[j]
        if torch.ne(decay, 0.):
          gradient = torch.add(gradient, ps[j], alpha=decay)
        if torch.eq(step, 1):
          _0 = torch.copy_(ms[j], gradient)
        else:
          _1 = torch.add_(torch.mul_(ms[j], factor), gradient, alpha=1)
        update = ms[j]
        if torch.ne(nesterov, 0.):
          update = torch.add(gradient, update, alpha=factor)
        _2 = torch.add_(ps[j], update, alpha=torch.neg(rate))
    return annotate(List[Tensor], [])

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
  def adafactor(self: __torch__.Kernels, p: List[Tensor], g: List[Tensor], row: List[Tensor], column: List[Tensor], step: int, rate: float, decay: float, exponent: float, eps: float, floor: float, clip: float, scale: float) -> List[Tensor]:
    beta = torch.sub(1., torch.pow(float(step), exponent))
    for i in range(torch.len(p)):
      square = torch.add_(torch.square(g[i]), eps)
      _0 = torch.add_(torch.mul_(row[i], beta), torch.mean(square, [-1], False), alpha=torch.sub(1., beta))
      _1 = torch.add_(torch.mul_(column[i], beta), torch.mean(square, [-2], False), alpha=torch.sub(1., beta))
      by_row = torch.unsqueeze(torch.rsqrt_(torch.div(row[i], torch.mean(row[i], [-1], True))), -1)
      update = torch.mul_(torch.mul(by_row, torch.rsqrt(torch.unsqueeze(column[i], -2))), g[i])
      _2 = (self).adafactor_apply(p[i], update, rate, decay, clip, floor, scale, )
    return annotate(List[Tensor], [])

  # The same for arrays of one dimension, whose second moment is kept whole.
  def adafactor_vector(self: __torch__.Kernels, p: List[Tensor], g: List[Tensor], second: List[Tensor], step: int, rate: float, decay: float, exponent: float, eps: float, floor: float, clip: float, scale: float) -> List[Tensor]:
    beta = torch.sub(1., torch.pow(float(step), exponent))
    for i in range(torch.len(p)):
      square = torch.add_(torch.square(g[i]), eps)
      _0 = torch.add_(torch.mul_(second[i], beta), square, alpha=torch.sub(1., beta))
      update = torch.mul_(torch.rsqrt(second[i]), g[i])
      _1 = (self).adafactor_apply(p[i], update, rate, decay, clip, floor, scale, )
    return annotate(List[Tensor], [])

  # A file of so many elements as one array; what is written to the array is written to the file when memory is short.
  def map_file(self: __torch__.Kernels, path: str, elements: int, dtype: int) -> List[Tensor]:
    return [torch.from_file(path, True, elements, dtype=dtype)]

  # average = decay * average + (1 - decay) * values, in place.
  def average_all(self: __torch__.Kernels, average: List[Tensor], values: List[Tensor], decay: float) -> List[Tensor]:
    for i in range(torch.len(average)):
      _0 = torch.lerp_(average[i], torch.to(values[i], 6), torch.sub(1., decay))
    return annotate(List[Tensor], [])

  # target = source, in place, each array in its own type.
  def copy_all(self: __torch__.Kernels, target: List[Tensor], source: List[Tensor]) -> List[Tensor]:
    for i in range(torch.len(target)):
      _0 = torch.copy_(target[i], source[i])
    return annotate(List[Tensor], [])

  # left and right exchange their values, which must be of one type.
  def swap_all(self: __torch__.Kernels, left: List[Tensor], right: List[Tensor]) -> List[Tensor]:
    for i in range(torch.len(left)):
      kept = torch.clone(left[i])
      _0 = torch.copy_(left[i], right[i])
      _1 = torch.copy_(right[i], kept)
    return annotate(List[Tensor], [])
