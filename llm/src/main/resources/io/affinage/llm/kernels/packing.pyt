  # Weights in the forms that linear.pyt multiplies by, and ggml's blocks of 32 as they lie in a file.

  # The rows of parts, in the module's precision, packed by oneDNN for products with few rows.
  def pack(self: __torch__.Kernels, parts: List[Tensor]) -> List[Tensor]:
    return [ops.mkldnn._reorder_linear_weight(torch.to(torch.cat(parts, 0), self.precision), 2)]

  def stack(self: __torch__.Kernels, parts: List[Tensor]) -> List[Tensor]:
    return [torch.cat(parts, 0)]

  # Rows of Q4_0 (18 bytes a block) and Q4_1 (20 bytes) in the order of rows: half-precision scale d, for Q4_1 minimum m,
  # then 16 bytes whose low nibbles are the first 16 codes. bytes [out, in / 32, 18 or 20] uint8; halves: the same memory
  # as [out, in / 32, 9 or 10] float16; rows [out] int64, empty for their own order.
  # Returns codes [out, in] int32, scale and zero [in / 32, out, 2] bf16 of (code - 8) scale + zero: exact up to rounding.
  def four_bit_parts(self: __torch__.Kernels, bytes: Tensor, halves: Tensor, rows: Tensor) -> List[Tensor]:
    if torch.gt(torch.numel(rows), 0):
      bytes = torch.index_select(bytes, 0, rows)
      halves = torch.index_select(halves, 0, rows)
    out = torch.size(bytes, 0)
    groups = torch.size(bytes, 1)
    head = torch.sub(torch.size(bytes, 2), 16)
    nibbles = torch.narrow(bytes, 2, head, 16)
    codes = torch.cat([torch.bitwise_and(nibbles, 15), torch.bitwise_right_shift(nibbles, 4)], 2)
    d = torch.to(torch.narrow(halves, 2, 0, 1), 6)
    zero = torch.zeros_like(d)
    if torch.eq(head, 4):
      zero = torch.add(torch.to(torch.narrow(halves, 2, 1, 1), 6), torch.mul(d, 8.))
    scales = torch.to(torch.permute(torch.cat([d, zero], 2), [1, 0, 2]), 15)
    return [torch.to(torch.view(codes, [out, torch.mul(groups, 32)]), 3), torch.contiguous(scales)]

  # Layers in 4 bits, stacked: [packed codes, scales]
  def pack_four_bit(self: __torch__.Kernels, codes: List[Tensor], scales: List[Tensor]) -> List[Tensor]:
    return [ops.aten._convert_weight_to_int4pack_for_cpu(torch.cat(codes, 0), 1), torch.contiguous(torch.cat(scales, 1))]

  # target[first : ] = rows of Q8_0 (half-precision scale d, 32 signed codes): d code, in place.
  # codes [rows, in / 32, 34] int8; halves: the same memory as [rows, in / 32, 17] float16
  def assign_q8(self: __torch__.Kernels, target: Tensor, first: int, codes: Tensor, halves: Tensor) -> List[Tensor]:
    d = torch.to(torch.narrow(halves, 2, 0, 1), 6)
    values = torch.mul(torch.narrow(codes, 2, 2, 32), d)
    rows = torch.narrow(target, 0, first, torch.size(codes, 0))
    _0 = torch.copy_(rows, torch.flatten(values, 1))
    return annotate(List[Tensor], [])

  # target[first : ] = rows of Q4_0 or Q4_1, in place, in the reference's arithmetic; arguments as in four_bit_parts.
  def assign_q4(self: __torch__.Kernels, target: Tensor, first: int, bytes: Tensor, halves: Tensor) -> List[Tensor]:
    head = torch.sub(torch.size(bytes, 2), 16)
    nibbles = torch.narrow(bytes, 2, head, 16)
    codes = torch.to(torch.cat([torch.bitwise_and(nibbles, 15), torch.bitwise_right_shift(nibbles, 4)], 2), 6)
    d = torch.to(torch.narrow(halves, 2, 0, 1), 6)
    if torch.eq(head, 4):
      values = torch.add_(torch.mul_(codes, d), torch.to(torch.narrow(halves, 2, 1, 1), 6))
    else:
      values = torch.mul_(torch.sub_(codes, 8.), d)
    rows = torch.narrow(target, 0, first, torch.size(bytes, 0))
    _0 = torch.copy_(rows, torch.flatten(values, 1))
    return annotate(List[Tensor], [])
