  # Bottleneck adapters (Houlsby et al. 2019): y + U f(D y + d) + u behind attention's output layer and behind the
  # feed-forward's last layer.

  # D [width, hidden], d [width], U [hidden, width], u [hidden] of place 0, behind attention, or 1, behind the feed-forward;
  # empty where there is none.
  def bottleneck_arrays(self: __torch__.Kernels, place: int, a: List[Tensor]) -> List[Tensor]:
    first = torch.mul(place, 4)
    return torch.slice(a, first, torch.add(first, 4), 1)

  # f, behind the arrays of both places, a scalar on the CPU: 0 ReLU, 1 SiLU, 2 GELU, 3 GELU by tanh, 4 tanh.
  def bottleneck_activation(self: __torch__.Kernels, a: List[Tensor]) -> int:
    return int(torch.item(a[8]))

  def adapt_output(self: __torch__.Kernels, y: Tensor, first: int, columns: int, x: Tensor, slot: int, w: List[Tensor], a: List[Tensor], drop: List[float]) -> Tensor:
    return y

  def adapt_attention(self: __torch__.Kernels, y: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return (self).through_bottleneck(y, 0, a, )

  def adapt_feed_forward(self: __torch__.Kernels, z: Tensor, a: List[Tensor], drop: List[float]) -> Tensor:
    return (self).through_bottleneck(z, 1, a, )

  def through_bottleneck(self: __torch__.Kernels, y: Tensor, place: int, a: List[Tensor]) -> Tensor:
    down, down_bias, up, up_bias = (self).bottleneck_arrays(place, a, )
    result = y
    if torch.gt(torch.numel(down), 0):
      narrow = torch.linear(y, torch.type_as(down, y), torch.type_as(down_bias, y))
      kind = (self).bottleneck_activation(a, )
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
      result = torch.add(y, torch.linear(active, torch.type_as(up, y), torch.type_as(up_bias, y)))
    return result
