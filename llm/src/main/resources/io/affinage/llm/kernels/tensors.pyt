  # Conversions of opaque tensors; dtype codes as c10::ScalarType numbers them.
  def cast(self: __torch__.Kernels, x: Tensor, dtype: int) -> List[Tensor]:
    return [torch.to(x, dtype)]

  def as_float32(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.contiguous(torch.to(x, 6))]

  # A copy of the array in the module's precision (a copy even when nothing changes: x may borrow Java memory).
  def to_precision(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.to(x, self.precision, False, True)]

  # target = source, in place.
  def assign(self: __torch__.Kernels, target: Tensor, source: Tensor) -> List[Tensor]:
    _0 = torch.copy_(target, source)
    return annotate(List[Tensor], [])

  # w + s b a, float32: w [out, in], a [r, in], b [out, r].
  def merged(self: __torch__.Kernels, w: Tensor, a: Tensor, b: Tensor, s: float) -> List[Tensor]:
    return [torch.addmm(w, b, a, beta=1, alpha=s)]
