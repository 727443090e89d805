  # The places where an adapter changes a block, as LoRA (Hu et al. 2021) fills them. Another type of adapter has a fragment
  # of its own, whose methods replace those of the same name here.
  # a: the adapter's arrays at this block, of which only these methods know the layout.
  # drop: probability and seed of the adapter's dropout, empty outside training.

  # Where LoRA's arrays are in a: A [r, in] and B [out, r] of a layer, both empty where the slot has no adapter.
  def lora_a_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.mul(slot, 2)

  def lora_b_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.add(torch.mul(slot, 2), 1)

  # LoRA's scaling s, behind the arrays of all slots, a scalar on the CPU.
  def lora_scaling(self: __torch__.Kernels, a: List[Tensor]) -> number:
    return torch.item(a[torch.mul(self.linear_layers, 2)])

  # What the layer in this slot reads, from x [rows, in]. Where layers lie stacked this is asked of the first of them.
  def adapt_input(self: __torch__.Kernels, x: Tensor, slot: int, a: List[Tensor], drop: List[float]) -> Tensor:
    return x

  # y [rows, out] with columns first to first + columns, which the layer in this slot gave for x [rows, in], adapted: LoRA
  # adds s dropout(x) A^T B^T. May write into y.
  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    lora_a = a[(self).lora_a_index(slot, )]
    if torch.gt(torch.numel(lora_a), 0):
      input = x
      if torch.gt(torch.len(drop), 0):
        input = (self).dropped(x, slot, drop, )
      projected = torch.linear(input, torch.type_as(lora_a, x), None)
      lora_b = torch.t(torch.type_as(a[(self).lora_b_index(slot, )], x))
      _0 = torch.addmm_(torch.narrow(y, -1, first, columns), projected, lora_b, beta=1, alpha=(self).lora_scaling(a, ))
    return y

  # What attention's output layer gave, y [rows, hidden], behind which an adapter may stand.
  def adapt_attention(self: __torch__.Kernels, y: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return y

  # What the feed-forward's last layer gave, z [rows, hidden].
  def adapt_feed_forward(self: __torch__.Kernels, z: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return z

  # Dropout whose mask is the same whenever a step asks for that of a slot.
  def dropped(self: __torch__.Kernels, x: Tensor, slot: int, drop: List[float]) -> Tensor:
    probability, seed = drop
    _0 = torch.manual_seed(torch.add(torch.mul(int(seed), 8), slot))
    return torch.dropout(x, probability, True)

  # y with these columns replaced. A new array where they are all of y, so that autograd may need the old one.
  def replaced(self: __torch__.Kernels, y: Tensor, first: int, columns: int, by: Tensor) -> Tensor:
    result = by
    if torch.lt(columns, torch.size(y, -1)):
      _0 = torch.copy_(torch.narrow(y, -1, first, columns), by)
      result = y
    return result
