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
