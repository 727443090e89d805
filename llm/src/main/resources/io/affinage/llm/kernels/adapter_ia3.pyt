  # IA3 (Liu et al. 2022): a layer's output, or what it reads, times a learned vector.
  # a[2 slot] [out, 1]: of the output; a[2 slot + 1] [1, in]: of the input; empty where there is none.

  def adapt_input(self: __torch__.Kernels, x: Tensor, slot: int, a: List[Tensor], drop: List[float]) -> Tensor:
    scale = a[torch.add(torch.mul(slot, 2), 1)]
    y = x
    if torch.gt(torch.numel(scale), 0):
      y = torch.mul(x, torch.flatten(torch.type_as(scale, x)))
    return y

  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    scale = a[torch.mul(slot, 2)]
    if torch.gt(torch.numel(scale), 0):
      y = (self).replaced(y, first, columns, torch.mul(torch.narrow(y, -1, first, columns), torch.flatten(torch.type_as(scale, y))), )
    return y
