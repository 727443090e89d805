  # The places where an adapter changes a block, as LoRA (Hu et al. 2021) fills them. Another type of adapter has a fragment
  # of its own, whose methods replace those of the same name here.
  # a: the adapter's arrays at this block, of which only these methods know the layout. LoRA: a[2 slot], a[2 slot + 1]: A
  # [r, in] and B [out, r], both empty where the slot has no adapter; a[14]: the scaling s, a scalar on the CPU.
  # drop: probability and seed of the adapter's dropout, empty outside training.

  # What the layer in this slot reads, from x [rows, in]. Where layers lie stacked this is asked of the first of them.
  def adapt_input(self: __torch__.Kernels, x: Tensor, slot: int, a: List[Tensor], drop: List[float]) -> Tensor:
    return x

  # y [rows, out] with columns first to first + columns, which the layer in this slot gave for x [rows, in], adapted: LoRA
  # adds s dropout(x) a^T b^T. May write into y.
  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    at = torch.mul(slot, 2)
    down = a[at]
    if torch.gt(torch.numel(down), 0):
      input = x
      if torch.gt(torch.len(drop), 0):
        input = (self).dropped(x, slot, drop, )
      low = torch.linear(input, torch.type_as(down, x), None)
      up = torch.t(torch.type_as(a[torch.add(at, 1)], x))
      _0 = torch.addmm_(torch.narrow(y, -1, first, columns), low, up, beta=1, alpha=torch.item(a[14]))
    return y

  # What attention's output layer gave, y [rows, hidden], behind which an adapter may stand.
  def adapt_attention(self: __torch__.Kernels, y: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return y

  # What the feed-forward's last layer gave, z [rows, hidden].
  def adapt_feed_forward(self: __torch__.Kernels, z: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return z

  # Dropout whose mask is the same whenever a step asks for that of a slot.
  def dropped(self: __torch__.Kernels, x: Tensor, slot: int, drop: List[float]) -> Tensor:
    _0 = torch.manual_seed(torch.add(torch.mul(int(drop[1]), 8), slot))
    return torch.dropout(x, drop[0], True)

  # y with these columns replaced. A new array where they are all of y, so that autograd may need the old one.
  def replaced(self: __torch__.Kernels, y: Tensor, first: int, columns: int, by: Tensor) -> Tensor:
    result = by
    if torch.lt(columns, torch.size(y, -1)):
      _0 = torch.copy_(torch.narrow(y, -1, first, columns), by)
      result = y
    return result
