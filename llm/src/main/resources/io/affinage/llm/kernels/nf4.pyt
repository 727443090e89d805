  # Weights in NF4 as bitsandbytes 0.50 computes them: value of the code times scale, in float32, then rounded.

  # The scale of each block, [blocks] float32: map[code] magnitude + mean of scales that are quantized themselves.
  # codes [blocks] uint8; magnitudes [ceil(blocks / 256)] and mean [1] float32; map [256] float32
  def nf4_scales(self: __torch__.Kernels, codes: Tensor, magnitudes: Tensor, mean: Tensor, map: Tensor) -> Tensor:
    blocks = torch.numel(codes)
    values = torch.index_select(map, 0, torch.to(codes, 3))
    groups = torch.numel(magnitudes)
    padded = torch.constant_pad_nd(values, [0, torch.sub(torch.mul(groups, 256), blocks)], 0)
    scaled = torch.mul_(torch.view(padded, [groups, 256]), torch.unsqueeze(magnitudes, 1))
    return torch.add_(torch.narrow(torch.flatten(scaled), 0, 0, blocks), mean)

  # target [out, in] = the weights, in place. packed [ceil(out in / 2)] uint8; scales [blocks] float32, or codes of scales with
  # magnitudes, mean and map as above (magnitudes empty without); pairs [256] int64: the two float32 values of each byte, the
  # first in the low half. In tiles, through memory that is used again.
  def nf4_decode(self: __torch__.Kernels, target: Tensor, packed: Tensor, scales: Tensor, magnitudes: Tensor, mean: Tensor, map: Tensor, pairs: Tensor) -> List[Tensor]:
    if torch.gt(torch.numel(magnitudes), 0):
      scales = (self).nf4_scales(scales, magnitudes, mean, map, )
    flat = torch.view(target, [-1])
    elements = torch.numel(flat)
    whole = torch.mul(torch.floordiv(elements, 64), 64)
    tile = 524288
    room = tile
    if torch.lt(whole, tile):
      room = whole
    indices = torch.empty([torch.floordiv(room, 2)], dtype=3, device=ops.prim.device(packed))
    found = torch.empty([torch.floordiv(room, 2)], dtype=4, device=ops.prim.device(packed))
    for i in range(torch.floordiv(torch.add(whole, torch.sub(tile, 1)), tile)):
      at = torch.mul(i, tile)
      count = torch.sub(whole, at)
      if torch.gt(count, tile):
        count = tile
      bytes = torch.floordiv(count, 2)
      index = torch.copy_(torch.narrow(indices, 0, 0, bytes), torch.narrow(packed, 0, torch.floordiv(at, 2), bytes))
      # The compiler does not know that set_ shares memory: it must see the values come from this result, or it drops the call.
      both = torch.index_select(pairs, 0, index, out=torch.narrow(found, 0, 0, bytes))
      blocks = torch.floordiv(count, 64)
      values = torch.as_strided(ops.aten.set_(torch.empty([0], dtype=6, device=ops.prim.device(packed)), both), [blocks, 64], [64, 1])
      scale = torch.unsqueeze(torch.narrow(scales, 0, torch.floordiv(at, 64), blocks), 1)
      into = torch.view(torch.narrow(flat, 0, at, count), [blocks, 64])
      if torch.eq(ops.prim.dtype(flat), 6):
        _0 = torch.mul(values, scale, out=into)
      else:
        _1 = torch.copy_(into, torch.mul_(values, scale))
    rest = torch.sub(elements, whole)
    if torch.gt(rest, 0):
      first = torch.floordiv(whole, 2)
      both = torch.index_select(pairs, 0, torch.to(torch.narrow(packed, 0, first, torch.sub(torch.numel(packed), first)), 3))
      values = ops.aten.set_(torch.empty([0], dtype=6, device=ops.prim.device(packed)), both)
      _2 = torch.mul(torch.as_strided(values, [rest], [1]), torch.narrow(scales, 0, torch.floordiv(whole, 64), 1), out=torch.narrow(flat, 0, whole, rest))
    return annotate(List[Tensor], [])

  # The same of some weights that follow each other, in the order of the flattened target: count of them from the first, which
  # begins a group of 256 blocks (16,384 weights).
  def nf4_decode_part(self: __torch__.Kernels, target: Tensor, packed: Tensor, scales: Tensor, magnitudes: Tensor, mean: Tensor, map: Tensor, pairs: Tensor, first: int, count: int) -> List[Tensor]:
    part = torch.narrow(torch.view(target, [-1]), 0, first, count)
    codes = torch.narrow(packed, 0, torch.floordiv(first, 2), torch.floordiv(torch.add(count, 1), 2))
    blocks = torch.floordiv(torch.add(count, 63), 64)
    own = torch.narrow(scales, 0, torch.floordiv(first, 64), blocks)
    groups = magnitudes
    if torch.gt(torch.numel(magnitudes), 0):
      groups = torch.narrow(magnitudes, 0, torch.floordiv(first, 16384), torch.floordiv(torch.add(blocks, 255), 256))
    return (self).nf4_decode(part, codes, own, groups, mean, map, pairs, )
