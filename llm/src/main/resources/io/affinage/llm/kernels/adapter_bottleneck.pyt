  # Bottleneck adapters (Houlsby et al. 2019): y + U f(D y + d) + u behind attention's output layer and behind the
  # feed-forward's last layer.
  # a[4 place] to a[4 place + 3]: D [width, hidden], d [width], U [hidden, width], u [hidden] of place 0, behind attention, and
  # 1, behind the feed-forward; empty where there is none. a[8]: f, a scalar on the CPU: 0 ReLU, 1 SiLU, 2 GELU, 3 GELU by tanh, 4 tanh.

  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    return y

  def adapt_attention(self: __torch__.Kernels, y: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return (self).through_bottleneck(y, 0, a, )

  def adapt_feed_forward(self: __torch__.Kernels, z: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return (self).through_bottleneck(z, 1, a, )

  def through_bottleneck(self: __torch__.Kernels, y: Tensor, place: int, a: List[Tensor]) -> Tensor:
    at = torch.mul(place, 4)
    result = y
    if torch.gt(torch.numel(a[at]), 0):
      narrow = torch.linear(y, torch.type_as(a[at], y), torch.type_as(a[torch.add(at, 1)], y))
      kind = int(torch.item(a[8]))
      if torch.eq(kind, 0):
        active = torch.relu(narrow)
      else:
        if torch.eq(kind, 1):
          active = torch.silu(narrow)
        else:
          if torch.eq(kind, 2):
            active = torch.gelu(narrow, approximate="none")
          else:
            if torch.eq(kind, 3):
              active = torch.gelu(narrow, approximate="tanh")
            else:
              active = torch.tanh(narrow)
      result = torch.add(y, torch.linear(active, torch.type_as(a[torch.add(at, 2)], y), torch.type_as(a[torch.add(at, 3)], y)))
    return result
