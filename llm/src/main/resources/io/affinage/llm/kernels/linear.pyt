  # A linear layer of a block with its adapter (LoRA, Hu et al. 2021): x w^T + bias + s dropout(x) a^T b^T.
  # slot: 0 q, 1 k, 2 v, 3 o, 4 gate, 5 up, 6 down (a model that stores layers stacked has the stack in the first's slot).
  # w[2 slot], w[2 slot + 1]: weight [out, in] and bias [out], the bias empty where the layer has none.
  # a[2 slot], a[2 slot + 1]: A [r, in] and B [out, r], both empty where it has no adapter; a[14]: the scaling s, a scalar.
  # p: dropout probability, 0 outside training.
  def linear(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], p: float) -> Tensor:
    at = torch.mul(slot, 2)
    bias = w[torch.add(at, 1)]
    if torch.gt(torch.numel(bias), 0):
      y = torch.linear(x, w[at], bias)
    else:
      y = torch.linear(x, w[at], None)
    down = a[at]
    if torch.gt(torch.numel(down), 0):
      dropped = x
      if torch.gt(p, 0.):
        dropped = torch.dropout(x, p, True)
      low = torch.linear(dropped, torch.type_as(down, x), None)
      up = torch.t(torch.type_as(a[torch.add(at, 1)], x))
      out = torch.addmm(torch.flatten(y, 0, -2), torch.flatten(low, 0, -2), up, beta=1, alpha=torch.item(a[14]))
      y = torch.view_as(out, y)
    return y
