  # DoRA (Liu et al. 2024): W + s B A, its rows scaled to learned lengths m: (m / n) (W x + s B A dropout(x)) with n = ||W + s B
  # A|| by row, through which no gradient flows; the bias stays as it is.

  # Where a layer's arrays are in a: A [r, in], B [out, r], magnitude m [out], and norm n [out] where it is known; all empty
  # where the slot has no adapter.
  def dora_a_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.mul(slot, 4)

  def dora_b_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.add(torch.mul(slot, 4), 1)

  def dora_magnitude_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.add(torch.mul(slot, 4), 2)

  def dora_norm_index(self: __torch__.Kernels, slot: int) -> int:
    return torch.add(torch.mul(slot, 4), 3)

  # The scaling s, behind the arrays of all slots, a scalar on the CPU.
  def dora_scaling(self: __torch__.Kernels, a: List[Tensor]) -> number:
    return torch.item(a[torch.mul(self.linear_layers, 4)])

  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    weight = w[(self).weight_index(slot, )]
    whole_a = a[(self).dora_a_index(slot, )]
    whole_b = a[(self).dora_b_index(slot, )]
    lora_a = torch.type_as(whole_a, x)
    if torch.gt(torch.numel(lora_a), 0):
      lora_b = torch.type_as(whole_b, x)
      norm = a[(self).dora_norm_index(slot, )]
      if torch.eq(torch.numel(norm), 0):
        norm = (self).row_norms(torch.detach(weight), torch.detach(whole_a), torch.detach(whole_b), (self).dora_scaling(a, ), )
      factor = torch.type_as(torch.div(a[(self).dora_magnitude_index(slot, )], norm), x)
      given = torch.narrow(y, -1, first, columns)
      base = given
      bias = (self).bias_of(slot, first, columns, w, )
      if torch.gt(torch.numel(bias), 0):
        base = torch.sub(given, bias)
      input = x
      if torch.gt(torch.len(drop), 0):
        input = (self).dropped(x, slot, drop, )
        base = torch.linear(input, weight)
      update = torch.mul(torch.linear(torch.linear(input, lora_a), lora_b), (self).dora_scaling(a, ))
      added = torch.add(torch.mul(base, torch.sub(factor, 1)), torch.mul(update, factor))
      y = (self).replaced(y, first, columns, torch.add(given, added), )
    return y

  # The bias of the layer in this slot, empty without one. Where layers lie stacked it is a part of that of the first.
  def bias_of(self: __torch__.Kernels, slot: int, first: int, columns: int, w: List[Tensor]) -> Tensor:
    bias = w[(self).bias_index(slot, )]
    if self.stacked:
      if torch.gt(first, 0):
        stack = self.slot_q
        if torch.gt(slot, self.slot_o):
          stack = self.slot_gate
        bias = w[(self).bias_index(stack, )]
      if torch.gt(torch.numel(bias), columns):
        bias = torch.narrow(bias, 0, first, columns)
    return bias

  # ||weight + s B A|| of each row [out] float32.
  def row_norms(self: __torch__.Kernels, weight: Tensor, lora_a: Tensor, lora_b: Tensor, scaling: number) -> Tensor:
    whole = torch.addmm(torch.to(weight, 6), torch.to(lora_b, 6), torch.to(lora_a, 6), beta=1, alpha=scaling)
    return torch.norm(whole, 2, [1], False)

  # n of every slot that has an adapter, else empty, whatever form the weights have: what a layer gives for the unit vectors
  # is its weight. w, a: of a block.
  def dora_norms(self: __torch__.Kernels, w: List[Tensor], a: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for slot in range(self.linear_layers):
      lora_a = a[(self).dora_a_index(slot, )]
      norm = lora_a
      if torch.gt(torch.numel(lora_a), 0):
        lora_b = a[(self).dora_b_index(slot, )]
        first = 0
        stack = slot
        if self.stacked:
          q = torch.mul(self.heads, self.head_dim)
          if torch.eq(slot, self.slot_k):
            stack = self.slot_q
            first = q
          if torch.eq(slot, self.slot_v):
            stack = self.slot_q
            first = torch.add(q, torch.mul(self.kv_heads, self.head_dim))
          if torch.eq(slot, self.slot_up):
            stack = self.slot_gate
            first = torch.size(lora_b, 0)
        none = torch.empty([0], dtype=6)
        units = torch.eye(torch.size(lora_a, 1), dtype=self.precision, device=ops.prim.device(lora_a))
        weight = torch.t((self).product(units, w[(self).weight_index(stack, )], none, w[(self).scales_index(stack, )], ))
        norm = (self).row_norms(torch.narrow(weight, 0, first, torch.size(lora_b, 0)), lora_a, lora_b, (self).dora_scaling(a, ), )
      _0 = torch.append(result, norm)
    return result
