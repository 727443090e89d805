  # A linear layer of a block with its adapter (LoRA, Hu et al. 2021): x w^T + bias + s dropout(x) a^T b^T.
  # slot: 0 q, 1 k, 2 v, 3 o, 4 gate, 5 up, 6 down (a model that stores layers stacked has the stack in the first's slot).
  # w[2 slot], w[2 slot + 1]: weight [out, in] and bias [out], the bias empty where the layer has none.
  # a[2 slot], a[2 slot + 1]: A [r, in] and B [out, r], both empty where it has no adapter; a[14]: the scaling s, a scalar.
  # p: dropout probability, 0 outside training.
  def linear(self: __torch__.Kernels, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], p: float) -> Tensor:
    return (self).raised(x, (self).lowered(x, [slot], a, p, )[0], slot, w, a, )

  # dropout(x) a^T for each slot of layers that read the same x; [..., 0] for a slot without an adapter. Without dropout
  # one product makes all of them, and their gradients: each alone is too narrow for a processor.
  def lowered(self: __torch__.Kernels, x: Tensor, slots: List[int], a: List[Tensor], p: float) -> List[Tensor]:
    none = torch.narrow(x, -1, 0, 0)
    parts = annotate(List[Tensor], [])
    found = annotate(List[Tensor], [])
    ranks = annotate(List[int], [])
    for i in range(torch.len(slots)):
      down = a[torch.mul(slots[i], 2)]
      if torch.eq(torch.numel(down), 0):
        _0 = torch.append(ranks, 0)
        _1 = torch.append(parts, none)
      else:
        _2 = torch.append(ranks, torch.size(down, 0))
        if torch.gt(p, 0.):
          _3 = torch.append(parts, torch.linear(torch.dropout(x, p, True), torch.type_as(down, x), None))
        else:
          _4 = torch.append(found, torch.type_as(down, x))
    if torch.gt(torch.len(found), 0):
      joined = found[0]
      if torch.gt(torch.len(found), 1):
        joined = torch.cat(found, 0)
      parts = torch.split_with_sizes(torch.linear(x, joined, None), ranks, -1)
    return parts

  # The layer's output where its adapter's narrow product is low.
  def raised(self: __torch__.Kernels, x: Tensor, low: Tensor, slot: int, w: List[Tensor], a: List[Tensor]) -> Tensor:
    at = torch.mul(slot, 2)
    bias = w[torch.add(at, 1)]
    if torch.gt(torch.numel(bias), 0):
      y = torch.linear(x, w[at], bias)
    else:
      y = torch.linear(x, w[at], None)
    if torch.gt(torch.size(low, -1), 0):
      up = torch.t(torch.type_as(a[torch.add(at, 1)], x))
      out = torch.addmm(torch.flatten(y, 0, -2), torch.flatten(low, 0, -2), up, beta=1, alpha=torch.item(a[14]))
      y = torch.view_as(out, y)
    return y
