  # Weights in ggml's blocks, in the reference's arithmetic: float32, then one rounding. halves [rows, blocks, 1 or 2] float16: scale d
  # and, where a type has one, minimum m; codes [rows, blocks, the other bytes of a block] uint8 (Q8_0: int8). Every method gives
  # float32 [rows, blocks, ...] in the order of elements.

  # One of the halves as float32: [rows, blocks, 1].
  def half_of(self: __torch__.Kernels, halves: Tensor, which: int) -> Tensor:
    return torch.to(torch.narrow(halves, 2, which, 1), 6)

  # The low nibbles of bytes, then their high nibbles.
  def nibbles(self: __torch__.Kernels, both: Tensor) -> Tensor:
    return torch.cat([torch.bitwise_and(both, 15), torch.bitwise_right_shift(both, 4)], 2)

  # Q4_0, 32 weights: d (code - 8).
  def q4_0(self: __torch__.Kernels, codes: Tensor, halves: Tensor) -> Tensor:
    values = torch.to((self).nibbles(codes, ), 6)
    return torch.mul_(torch.sub_(values, 8.), (self).half_of(halves, 0, ))

  # Q4_1, 32 weights: d code + m.
  def q4_1(self: __torch__.Kernels, codes: Tensor, halves: Tensor) -> Tensor:
    values = torch.to((self).nibbles(codes, ), 6)
    return torch.add_(torch.mul_(values, (self).half_of(halves, 0, )), (self).half_of(halves, 1, ))

  # Q8_0, 32 weights: d code.
  def q8_0(self: __torch__.Kernels, codes: Tensor, halves: Tensor) -> Tensor:
    return torch.mul(codes, (self).half_of(halves, 0, ))

  # Q4_K, 256 weights: eight groups of d scale code - m minimum, scales and minima of six bits in 12 bytes (the upper bits of
  # the last four of each in the top of the first eight), then codes[128].
  def q4_k(self: __torch__.Kernels, codes: Tensor, halves: Tensor) -> Tensor:
    first = torch.narrow(codes, 2, 0, 4)
    second = torch.narrow(codes, 2, 4, 4)
    third = torch.narrow(codes, 2, 8, 4)
    scales = torch.cat([torch.bitwise_and(first, 63), torch.bitwise_or(torch.bitwise_and(third, 15), torch.bitwise_left_shift(torch.bitwise_right_shift(first, 6), 4))], 2)
    minima = torch.cat([torch.bitwise_and(second, 63), torch.bitwise_or(torch.bitwise_right_shift(third, 4), torch.bitwise_left_shift(torch.bitwise_right_shift(second, 6), 4))], 2)
    scale = torch.unsqueeze(torch.mul_(torch.to(scales, 6), (self).half_of(halves, 0, )), 3)
    minimum = torch.unsqueeze(torch.mul_(torch.to(minima, 6), (self).half_of(halves, 1, )), 3)
    both = torch.unflatten(torch.narrow(codes, 2, 12, 128), 2, [4, 32])
    values = torch.stack([torch.bitwise_and(both, 15), torch.bitwise_right_shift(both, 4)], 3)
    values = torch.to(torch.flatten(values, 2, 3), 6)
    return torch.sub_(torch.mul_(values, scale), minimum)

  # Q6_K, 256 weights: sixteen groups of d scale (code - 32); low nibbles[128], upper bits[64], signed scales[16].
  def q6_k(self: __torch__.Kernels, codes: Tensor, halves: Tensor) -> Tensor:
    low = torch.unflatten(torch.narrow(codes, 2, 0, 128), 2, [2, 2, 32])
    lows = torch.flatten(torch.stack([torch.bitwise_and(low, 15), torch.bitwise_right_shift(low, 4)], 3), 3, 4)
    high = torch.unflatten(torch.narrow(codes, 2, 128, 64), 2, [2, 32])
    pairs = annotate(List[Tensor], [])
    for quarter in range(4):
      _0 = torch.append(pairs, torch.bitwise_and(torch.bitwise_right_shift(high, torch.mul(2, quarter)), 3))
    both = torch.bitwise_or(lows, torch.bitwise_left_shift(torch.stack(pairs, 3), 4))
    values = torch.sub_(torch.to(torch.unflatten(torch.flatten(both, 2), 2, [16, 16]), 6), 32.)
    scales = torch.to(torch.to(torch.narrow(codes, 2, 192, 16), 1), 6)
    return torch.mul_(values, torch.unsqueeze(torch.mul_(scales, (self).half_of(halves, 0, )), 3))

  # target [out, in] = the weights of a type by ggml's number, in place; some rows at a time.
  def gguf_decode(self: __torch__.Kernels, target: Tensor, codes: Tensor, halves: Tensor, type: int) -> List[Tensor]:
    rows = torch.size(target, 0)
    tile = ops.prim.max(1, torch.floordiv(524288, torch.size(target, 1)))
    for i in range(torch.floordiv(torch.add(rows, torch.sub(tile, 1)), tile)):
      first = torch.mul(i, tile)
      count = ops.prim.min(tile, torch.sub(rows, first))
      part = torch.narrow(codes, 0, first, count)
      scales = torch.narrow(halves, 0, first, count)
      if torch.eq(type, 2):
        values = (self).q4_0(part, scales, )
      else:
        if torch.eq(type, 3):
          values = (self).q4_1(part, scales, )
        else:
          if torch.eq(type, 8):
            values = (self).q8_0(part, scales, )
          else:
            if torch.eq(type, 12):
              values = (self).q4_k(part, scales, )
            else:
              values = (self).q6_k(part, scales, )
      _0 = torch.copy_(torch.narrow(target, 0, first, count), torch.flatten(values, 1))
    return annotate(List[Tensor], [])

  # The columns of blocks [rows, blocks, columns], copied, in the order of rows [out] int64; empty for their own.
  def stored_columns(self: __torch__.Kernels, blocks: Tensor, first: int, count: int, rows: Tensor) -> List[Tensor]:
    part = torch.narrow(blocks, 2, first, count)
    if torch.gt(torch.numel(rows), 0):
      copy = torch.index_select(part, 0, rows)
    else:
      copy = torch.clone(part)
    return [copy]
