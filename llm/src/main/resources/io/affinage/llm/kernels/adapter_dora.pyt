  # DoRA (Liu et al. 2024): W + s B A, its rows scaled to learned lengths m: (m / n) (W x + s B A dropout(x)) with n = ||W + s B
  # A|| by row, through which no gradient flows; the bias stays as it is.
  # a[4 slot] to a[4 slot + 3]: A [r, in], B [out, r], m [out], and n [out] where it is known, all empty where the slot has no
  # adapter; a[28]: the scaling s, a scalar on the CPU.

  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    at = torch.mul(slot, 4)
    down = torch.type_as(a[at], x)
    if torch.gt(torch.numel(down), 0):
      up = torch.type_as(a[torch.add(at, 1)], x)
      length = a[torch.add(at, 3)]
      if torch.eq(torch.numel(length), 0):
        length = (self).row_lengths(torch.detach(w[torch.mul(slot, 2)]), torch.detach(a[at]), torch.detach(a[torch.add(at, 1)]), torch.item(a[28]), )
      factor = torch.type_as(torch.div(a[torch.add(at, 2)], length), x)
      given = torch.narrow(y, -1, first, columns)
      base = given
      bias = (self).bias_of(slot, first, columns, w, )
      if torch.gt(torch.numel(bias), 0):
        base = torch.sub(given, bias)
      input = x
      if torch.gt(torch.len(drop), 0):
        input = (self).dropped(x, slot, drop, )
        base = torch.linear(input, w[torch.mul(slot, 2)])
      low = torch.mul(torch.linear(torch.linear(input, down), up), torch.item(a[28]))
      added = torch.add(torch.mul(base, torch.sub(factor, 1)), torch.mul(low, factor))
      y = (self).replaced(y, first, columns, torch.add(given, added), )
    return y

  # The bias of the layer in this slot, empty without one. Where layers lie stacked it is a part of that of the first.
  def bias_of(self: __torch__.Kernels, slot: int, first: int, columns: int, w: List[Tensor]) -> Tensor:
    bias = w[torch.add(torch.mul(slot, 2), 1)]
    if self.stacked:
      if torch.gt(first, 0):
        stack = 1
        if torch.gt(slot, 3):
          stack = 9
        bias = w[stack]
      if torch.gt(torch.numel(bias), columns):
        bias = torch.narrow(bias, 0, first, columns)
    return bias

  # ||weight + s up down|| of each row [out] float32.
  def row_lengths(self: __torch__.Kernels, weight: Tensor, down: Tensor, up: Tensor, scaling: number) -> Tensor:
    whole = torch.addmm(torch.to(weight, 6), torch.to(up, 6), torch.to(down, 6), beta=1, alpha=scaling)
    return torch.norm(whole, 2, [1], False)

  # n of every slot that has an adapter, else empty, whatever form the weights have: what a layer gives for the unit vectors
  # is its weight. w, a: of a block.
  def dora_lengths(self: __torch__.Kernels, w: List[Tensor], a: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for slot in range(7):
      down = a[torch.mul(slot, 4)]
      length = down
      if torch.gt(torch.numel(down), 0):
        up = a[torch.add(torch.mul(slot, 4), 1)]
        first = 0
        stack = slot
        if self.stacked:
          if torch.gt(slot, 0):
            if torch.lt(slot, 3):
              stack = 0
              first = torch.add(torch.mul(self.heads, self.head_dim), torch.mul(torch.sub(slot, 1), torch.mul(self.kv_heads, self.head_dim)))
          if torch.eq(slot, 5):
            stack = 4
            first = torch.size(up, 0)
        none = torch.empty([0], dtype=6)
        units = torch.eye(torch.size(down, 1), dtype=self.precision, device=ops.prim.device(down))
        weight = torch.t((self).product(units, w[torch.mul(stack, 2)], none, w[torch.add(stack, 26)], ))
        length = (self).row_lengths(torch.narrow(weight, 0, first, torch.size(up, 0)), down, up, torch.item(a[28]), )
      _0 = torch.append(result, length)
    return result
