  # What PrecisionProbe times: a product, read back as float32 so that a device has to finish it.
  def cast(self: __torch__.Kernels, x: Tensor, dtype: int) -> List[Tensor]:
    return [torch.to(x, dtype)]

  def square(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.to(torch.flatten(torch.narrow(torch.matmul(x, x), 0, 0, 1)), 6)]
