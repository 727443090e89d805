  # IA3 (Liu et al. 2022): a layer's output, or what it reads, times a learned vector.

  # Where a layer's vectors are in a: of its output [out, 1], of its input [1, in]; empty where there is none.
  def ia3_output_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.mul(slot, 2)

  def ia3_input_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.add(torch.mul(slot, 2), 1)

  def adapt_input(self: __torch__.Kernels, x: Tensor, slot: int, a: List[Tensor], drop: List[float]) -> Tensor:
    scale = a[(self).ia3_input_index(slot, )]
    y = x
    if torch.gt(torch.numel(scale), 0):
      y = torch.mul(x, torch.flatten(torch.type_as(scale, x)))
    return y

  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    scale = a[(self).ia3_output_index(slot, )]
    if torch.gt(torch.numel(scale), 0):
      y = (self).replaced(y, first, columns, torch.mul(torch.narrow(y, -1, first, columns), torch.flatten(torch.type_as(scale, y))), )
    return y
