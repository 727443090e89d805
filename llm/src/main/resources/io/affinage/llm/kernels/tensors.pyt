  # Conversions of opaque tensors; dtype codes as c10::ScalarType numbers them.
  def as_float32(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.contiguous(torch.to(x, 6))]

  # A copy of the array in the module's precision (a copy even when nothing changes: x may borrow Java memory).
  def to_precision(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.to(x, self.precision, False, True)]

  # An array in the module's precision whose values are yet to be assigned; sizes [1 or 2] int64, on the wanted device.
  def allocate(self: __torch__.Kernels, sizes: Tensor) -> List[Tensor]:
    shape = [int(torch.select(sizes, 0, 0))]
    if torch.eq(torch.numel(sizes), 2):
      shape = [int(torch.select(sizes, 0, 0)), int(torch.select(sizes, 0, 1))]
    return [torch.empty(shape, dtype=self.precision, device=ops.prim.device(sizes))]

  # target[first : first + rows of source] = source, in place, converting its type.
  def assign_rows(self: __torch__.Kernels, target: Tensor, first: int, source: Tensor) -> List[Tensor]:
    _0 = torch.copy_(torch.narrow(target, 0, first, torch.size(source, 0)), source)
    return annotate(List[Tensor], [])

  # Whether rows [first : first + rows] of x are finite, as far as their sum tells: false for a sum beyond the type's range too.
  def sum_is_finite(self: __torch__.Kernels, x: Tensor, first: int, rows: int) -> List[Tensor]:
    return [torch.isfinite(torch.sum(torch.narrow(x, 0, first, rows)))]

  # How many numbers of x are not finite, the place of the first of them in x flattened, and what stands there; float64 [3].
  def not_finite(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    flat = torch.flatten(x)
    bad = torch.to(torch.logical_not(torch.isfinite(flat)), 1)
    at = torch.argmax(bad)
    value = torch.index_select(flat, 0, torch.view(at, [1]))
    return [torch.cat([torch.view(torch.to(torch.sum(bad, dtype=4), 7), [1]), torch.view(torch.to(at, 7), [1]), torch.to(value, 7)], 0)]

  # target = source, in place.
  def assign(self: __torch__.Kernels, target: Tensor, source: Tensor) -> List[Tensor]:
    _0 = torch.copy_(target, source)
    return annotate(List[Tensor], [])

  # A copy of x [rows, columns] as [columns, rows].
  def transposed(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.contiguous(torch.t(x))]

  # x[first : first + rows] as float32.
  def rows_as_float32(self: __torch__.Kernels, x: Tensor, first: int, rows: int) -> List[Tensor]:
    return [torch.contiguous(torch.to(torch.narrow(x, 0, first, rows), 6))]

  # x[:, first : first + columns] as float32 [columns, rows of x].
  def columns_as_float32(self: __torch__.Kernels, x: Tensor, first: int, columns: int) -> List[Tensor]:
    return [torch.contiguous(torch.to(torch.t(torch.narrow(x, 1, first, columns)), 6))]

  # The memory of x [...] float16 seen as bfloat16.
  def seen_as_bfloat16(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [ops.aten.set_(torch.empty([0], dtype=15, device=ops.prim.device(x)), x)]
