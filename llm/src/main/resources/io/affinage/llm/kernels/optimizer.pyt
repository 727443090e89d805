  # Sum of squares of all gradients, float32 scalar. Each piece goes through one scratch array and into its place among the
  # squares: arrays made between others that stay would keep the allocator from using memory again.
  def squared_norm(self: __torch__.Kernels, gradients: List[Tensor]) -> List[Tensor]:
    size = (self).piece(gradients[0], )
    scratch = torch.empty([size], dtype=6, device=ops.prim.device(gradients[0]))
    pieces = 0
    for i in range(torch.len(gradients)):
      pieces = torch.add(pieces, torch.floordiv(torch.add(torch.numel(gradients[i]), torch.sub(size, 1)), size))
    squares = torch.empty([pieces], dtype=6, device=ops.prim.device(gradients[0]))
    next = 0
    for j in range(torch.len(gradients)):
      parts = (self).pieces(torch.contiguous(gradients[j]), )
      for l in range(torch.len(parts)):
        part = torch.narrow(scratch, 0, 0, torch.numel(parts[l]))
        _0 = torch.copy_(part, parts[l])
        _1 = torch.dot(part, part, out=torch.select(squares, 0, next))
        next = torch.add(next, 1)
    return [torch.sum(squares)]

  # total += gradients, in place.
  def add_all(self: __torch__.Kernels, total: List[Tensor], gradients: List[Tensor]) -> List[Tensor]:
    _0 = ops.aten._foreach_add_(total, gradients, alpha=1)
    return annotate(List[Tensor], [])

  # gradients = 0, in place (a NaN goes too, which a product with 0 would keep).
  def zero_all(self: __torch__.Kernels, gradients: List[Tensor]) -> List[Tensor]:
    _0 = ops.aten._foreach_zero_(gradients)
    return annotate(List[Tensor], [])

  # Zeros of x's shape and type.
  def zeros_of(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.zeros_like(torch.detach(x))]

  # Trained values (master values) are float32: parameter itself where remainder is empty, or else two halves of 16 bits.
  # parameter is then the value rounded to bfloat16, and remainder (int16) what its bits as an integer lack to those of the
  # value, so that nothing is lost.
  def master_value(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor) -> Tensor:
    whole = parameter
    if torch.gt(torch.numel(remainder), 0):
      bits = torch.mul_(torch.to(torch.view_copy(parameter, 2), 3), 65536)
      whole = torch.view_copy(torch.add_(bits, torch.to(remainder, 3)), 6)
    return whole

  # Makes parameter and remainder those of the value; nothing to do where the value is parameter itself.
  def set_master(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor, master: Tensor) -> Tensor:
    if torch.gt(torch.numel(remainder), 0):
      bits = torch.view_copy(master, 3)
      _0 = torch.copy_(remainder, bits)
      rounded = torch.bitwise_right_shift(torch.add_(bits, 32768), 16, out=bits)
      _1 = torch.view_copy(torch.to(rounded, 2), 15, out=parameter)
    return parameter

  # The remainder of a bfloat16 array, for the values that it has.
  def zero_remainder(self: __torch__.Kernels, parameter: Tensor) -> List[Tensor]:
    return [torch.zeros_like(parameter, dtype=2)]

  # Values first to first + count of an array, [count] float32.
  def read_master(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor, first: int, count: int) -> List[Tensor]:
    part = torch.narrow(torch.view(parameter, [-1]), 0, first, count)
    rest = remainder
    if torch.gt(torch.numel(remainder), 0):
      rest = torch.narrow(torch.view(remainder, [-1]), 0, first, count)
    return [(self).master_value(part, rest, )]

  # The same values of an array become those given.
  def write_master(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor, first: int, values: Tensor) -> List[Tensor]:
    part = torch.narrow(torch.view(parameter, [-1]), 0, first, torch.numel(values))
    if torch.gt(torch.numel(remainder), 0):
      _0 = (self).set_master(part, torch.narrow(torch.view(remainder, [-1]), 0, first, torch.numel(values)), values, )
    else:
      _1 = torch.copy_(part, values)
    return annotate(List[Tensor], [])

  # What follows updates p in place from its gradient g and its state; remainder belongs to p, see master_value. step counts
  # from 1, factor multiplies gradients first (clipping), rate is the learning rate, decay the weight decay. Elementwise rules
  # go through an array in pieces: what they compute in between then never needs a model's size.
  def pieces(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return torch.split(torch.view(x, [-1]), (self).piece(x, ), 0)

  # Elements of a piece: on a CPU what stays in a core's cache; elsewhere enough that starting kernels costs little.
  def piece(self: __torch__.Kernels, x: Tensor) -> int:
    size = 16777216
    if ops.prim.is_cpu(x):
      size = 262144
    return size

  # The pieces of remainder beside so many of p; an empty one has as many empty pieces.
  def remainder_pieces(self: __torch__.Kernels, remainder: Tensor, count: int) -> List[Tensor]:
    parts = (self).pieces(remainder, )
    for missing in range(torch.sub(count, torch.len(parts))):
      _0 = torch.append(parts, remainder)
    return parts

  # factor * g as float32.
  def times(self: __torch__.Kernels, g: Tensor, factor: float) -> Tensor:
    gradient = torch.to(g, 6)
    if torch.ne(factor, 1.):
      gradient = torch.mul(gradient, factor)
    return gradient

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

  # codes [blocks, 256] uint8, scale [blocks], map [256] ascending -> float32 [blocks, 256]
  def from_codes(self: __torch__.Kernels, codes: Tensor, scale: Tensor, map: Tensor) -> Tensor:
    values = torch.index_select(map, 0, torch.to(torch.flatten(codes), 3))
    return torch.mul_(torch.view(values, [-1, 256]), torch.unsqueeze(scale, 1))

  # x [blocks, 256] into codes and scale: each block by its largest magnitude, each value to the nearest entry of the map.
  # middle [256]: what lies between two entries, then infinity. lowest: see lowest_codes.
  def into_codes(self: __torch__.Kernels, x: Tensor, codes: Tensor, scale: Tensor, middle: Tensor, lowest: Tensor) -> Tensor:
    largest = torch.amax(torch.abs(x), [1], False)
    _0 = torch.copy_(scale, largest)
    divisor = torch.where(torch.eq(largest, 0), torch.ones_like(largest), largest)
    relative = torch.flatten(torch.div(x, torch.unsqueeze(divisor, 1)))
    key = torch.add_(torch.__rshift__(torch.view_copy(relative, 3), 16), 32768)
    code = torch.index_select(lowest, 0, key)
    above = torch.gt(relative, torch.index_select(middle, 0, code))
    return torch.copy_(codes, torch.view(torch.add_(code, above), [-1, 256]))

  # What lies between each two entries of a map, then infinity: [256]
  def middles(self: __torch__.Kernels, map: Tensor) -> Tensor:
    between = torch.mul(torch.add(torch.narrow(map, 0, 0, 255), torch.narrow(map, 0, 1, 255)), 0.5)
    return torch.constant_pad_nd(between, [0, 1], float("inf"))

  # For each first 16 bits of a float32 (as an int16, plus 32768) the code of the lowest value that begins so: [65536]
  # int32. No two middles begin alike, so that any such value has this code or the next.
  def lowest_codes(self: __torch__.Kernels, middle: Tensor) -> Tensor:
    first = torch.arange(-32768, 32768, dtype=3, device=ops.prim.device(middle))
    bits = torch.add(torch.mul(first, 65536), torch.mul(torch.to(torch.lt(first, 0), 3), 65535))
    return torch.bucketize(torch.view_copy(bits, 6), torch.narrow(middle, 0, 0, 255), out_int32=True, right=False)

  # AdamW with 8-bit state in blocks of 256 (Dettmers et al. 2022), as bitsandbytes. first, second: codes [blocks, 256];
  # signed, unsigned: the maps [256] of the first and of the second moment.
  def adamw8bit(self: __torch__.Kernels, p: List[Tensor], remainder: List[Tensor], g: List[Tensor], first: List[Tensor], first_scale: List[Tensor], second: List[Tensor], second_scale: List[Tensor], signed: Tensor, unsigned: Tensor, step: int, factor: float, rate: float, decay: float, beta1: float, beta2: float, eps: float) -> List[Tensor]:
    steps_made = torch.full([], step, dtype=6, device=ops.prim.device(p[0]))
    signed_middle = (self).middles(signed, )
    unsigned_middle = (self).middles(unsigned, )
    signed_lowest = (self).lowest_codes(signed_middle, )
    unsigned_lowest = (self).lowest_codes(unsigned_middle, )
    for i in range(torch.len(p)):
      ps = (self).pieces(p[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      gs = (self).pieces(torch.contiguous(g[i]), )
      for j in range(torch.len(ps)):
        count = torch.numel(ps[j])
        blocks = torch.floordiv(torch.add(count, 255), 256)
        at = torch.floordiv(torch.mul(j, (self).piece(p[i], )), 256)
        m_codes = torch.narrow(first[i], 0, at, blocks)
        m_scale = torch.narrow(first_scale[i], 0, at, blocks)
        v_codes = torch.narrow(second[i], 0, at, blocks)
        v_scale = torch.narrow(second_scale[i], 0, at, blocks)
        m = (self).from_codes(m_codes, m_scale, signed, )
        v = (self).from_codes(v_codes, v_scale, unsigned, )
        m_flat = torch.narrow(torch.view(m, [-1]), 0, 0, count)
        v_flat = torch.narrow(torch.view(v, [-1]), 0, 0, count)
        w = (self).master_value(ps[j], rs[j], )
        _0 = (self).fused_adamw([w], [(self).times(gs[j], factor, )], [m_flat], [v_flat], steps_made, rate, decay, beta1, beta2, eps, )
        _1 = (self).set_master(ps[j], rs[j], w, )
        _2 = (self).into_codes(m, m_codes, m_scale, signed_middle, signed_lowest, )
        _3 = (self).into_codes(v, v_codes, v_scale, unsigned_middle, unsigned_lowest, )
    return annotate(List[Tensor], [])

  # AdamW with companded 8-bit state in blocks of 64 (FlashOptim, Gonzalez Ortiz et al. 2026). With s the largest magnitude
  # of a block, a first moment m is the code 128 + 127 * 2x / (1 + |x|), x = m / s, and a second moment v is the code
  # 255 * sqrt(v) / s of its square root, s then being the largest of these; both rounded. No second moment gets the code
  # 0, since a step divides by it.
  def adamw_companded(self: __torch__.Kernels, p: List[Tensor], remainder: List[Tensor], g: List[Tensor], first: List[Tensor], first_scale: List[Tensor], second: List[Tensor], second_scale: List[Tensor], step: int, factor: float, rate: float, decay: float, beta1: float, beta2: float, eps: float) -> List[Tensor]:
    steps_made = torch.full([], step, dtype=6, device=ops.prim.device(p[0]))
    least = 1e-30
    for i in range(torch.len(p)):
      ps = (self).pieces(p[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      gs = (self).pieces(torch.contiguous(g[i]), )
      for j in range(torch.len(ps)):
        count = torch.numel(ps[j])
        blocks = torch.floordiv(torch.add(count, 63), 64)
        at = torch.floordiv(torch.mul(j, (self).piece(p[i], )), 64)
        m_codes = torch.narrow(first[i], 0, at, blocks)
        m_scale = torch.unsqueeze(torch.narrow(first_scale[i], 0, at, blocks), 1)
        v_codes = torch.narrow(second[i], 0, at, blocks)
        v_scale = torch.unsqueeze(torch.narrow(second_scale[i], 0, at, blocks), 1)
        z = torch.sub_(torch.to(m_codes, 6), 128.)
        # m / s = z / (254 - |z|)
        m = torch.mul_(torch.div(z, torch.rsub(torch.abs(z), 254.)), m_scale)
        v = torch.square_(torch.mul_(torch.to(v_codes, 6), torch.div(v_scale, 255.)))
        m_flat = torch.narrow(torch.view(m, [-1]), 0, 0, count)
        v_flat = torch.narrow(torch.view(v, [-1]), 0, 0, count)
        w = (self).master_value(ps[j], rs[j], )
        _0 = (self).fused_adamw([w], [(self).times(gs[j], factor, )], [m_flat], [v_flat], steps_made, rate, decay, beta1, beta2, eps, )
        _1 = (self).set_master(ps[j], rs[j], w, )
        size = torch.abs(m)
        largest = torch.amax(size, [1], True)
        _2 = torch.copy_(m_scale, largest)
        # 127 * 2x / (1 + |x|) = 254 m / (s + |m|); half more, and cut off, is rounded
        x = torch.div_(m, torch.add_(size, torch.clamp(largest, min=least)))
        _3 = torch.copy_(m_codes, torch.to(torch.add_(torch.mul_(x, 254.), 128.5), 2))
        root = torch.sqrt_(v)
        top = torch.amax(root, [1], True)
        _4 = torch.copy_(v_scale, top)
        y = torch.mul_(root, torch.reciprocal(torch.clamp(torch.div(top, 255.), min=least)))
        _5 = torch.copy_(v_codes, torch.to(torch.clamp_(torch.add_(y, 0.5), min=1., max=255.), 2))
    return annotate(List[Tensor], [])

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

  # A file of so many elements as one array; what is written to the array is written to the file when memory is short.
  def map_file(self: __torch__.Kernels, path: str, elements: int, dtype: int) -> List[Tensor]:
    return [torch.from_file(path, True, elements, dtype=dtype)]

  # average = decay * average + (1 - decay) * values, in place; average is float32.
  def average_all(self: __torch__.Kernels, average: List[Tensor], parameter: List[Tensor], remainder: List[Tensor], decay: float) -> List[Tensor]:
    for i in range(torch.len(average)):
      means = (self).pieces(average[i], )
      ps = (self).pieces(parameter[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      for j in range(torch.len(means)):
        _0 = torch.lerp_(means[j], (self).master_value(ps[j], rs[j], ), torch.sub(1., decay))
    return annotate(List[Tensor], [])

  # target = source, in place, each array in its own type.
  def copy_all(self: __torch__.Kernels, target: List[Tensor], source: List[Tensor]) -> List[Tensor]:
    for i in range(torch.len(target)):
      _0 = torch.copy_(target[i], source[i])
    return annotate(List[Tensor], [])

  # Float32 averages and values exchange places.
  def swap_all(self: __torch__.Kernels, average: List[Tensor], parameter: List[Tensor], remainder: List[Tensor]) -> List[Tensor]:
    for i in range(torch.len(average)):
      means = (self).pieces(average[i], )
      ps = (self).pieces(parameter[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      for j in range(torch.len(means)):
        copy = torch.clone((self).master_value(ps[j], rs[j], ))
        if torch.gt(torch.numel(rs[j]), 0):
          _0 = (self).set_master(ps[j], rs[j], means[j], )
        else:
          _1 = torch.copy_(ps[j], means[j])
        _2 = torch.copy_(means[j], copy)
    return annotate(List[Tensor], [])
