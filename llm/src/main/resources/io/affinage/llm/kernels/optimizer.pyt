  # Sum of squares of all gradients, float32 scalar. Each piece goes through one scratch array and into its place among the
  # squares: arrays made between others that stay would keep the allocator from using memory again.
  def squared_norm(self: __torch__.Kernels, gradients: List[Tensor]) -> List[Tensor]:
    size = (self).piece(gradients[0], )
    scratch = torch.empty([size], dtype=6, device=ops.prim.device(gradients[0]))
    pieces = 0
    for i in range(torch.len(gradients)):
      pieces = torch.add(pieces, torch.floordiv(torch.add(torch.numel(gradients[i]), torch.sub(size, 1)), size))
    squares = torch.empty([pieces], dtype=6, device=ops.prim.device(gradients[0]))
    next = 0
    for j in range(torch.len(gradients)):
      parts = (self).pieces(torch.contiguous(gradients[j]), )
      for l in range(torch.len(parts)):
        part = torch.narrow(scratch, 0, 0, torch.numel(parts[l]))
        _0 = torch.copy_(part, parts[l])
        _1 = torch.dot(part, part, out=torch.select(squares, 0, next))
        next = torch.add(next, 1)
    return [torch.sum(squares)]

  # total += gradients, in place.
  def add_all(self: __torch__.Kernels, total: List[Tensor], gradients: List[Tensor]) -> List[Tensor]:
    _0 = ops.aten._foreach_add_(total, gradients, alpha=1)
    return annotate(List[Tensor], [])

  # gradients = 0, in place (a NaN goes too, which a product with 0 would keep).
  def zero_all(self: __torch__.Kernels, gradients: List[Tensor]) -> List[Tensor]:
    _0 = ops.aten._foreach_zero_(gradients)
    return annotate(List[Tensor], [])

  # Zeros of x's shape and type.
  def zeros_of(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return [torch.zeros_like(torch.detach(x))]

  # Trained values (master values) are float32: parameter itself where remainder is empty, or else two halves of 16 bits.
  # parameter is then the value rounded to bfloat16, and remainder (int16) what its bits as an integer lack to those of the
  # value, so that nothing is lost.
  def master_value(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor) -> Tensor:
    whole = parameter
    if torch.gt(torch.numel(remainder), 0):
      bits = torch.mul_(torch.to(torch.view_copy(parameter, 2), 3), 65536)
      whole = torch.view_copy(torch.add_(bits, torch.to(remainder, 3)), 6)
    return whole

  # Makes parameter and remainder those of the value; nothing to do where the value is parameter itself.
  def set_master(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor, master: Tensor) -> Tensor:
    if torch.gt(torch.numel(remainder), 0):
      bits = torch.view_copy(master, 3)
      _0 = torch.copy_(remainder, bits)
      rounded = torch.bitwise_right_shift(torch.add_(bits, 32768), 16, out=bits)
      _1 = torch.view_copy(torch.to(rounded, 2), 15, out=parameter)
    return parameter

  # The remainder of a bfloat16 array, for the values that it has.
  def zero_remainder(self: __torch__.Kernels, parameter: Tensor) -> List[Tensor]:
    return [torch.zeros_like(parameter, dtype=2)]

  # Values first to first + count of an array, [count] float32.
  def read_master(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor, first: int, count: int) -> List[Tensor]:
    part = torch.narrow(torch.view(parameter, [-1]), 0, first, count)
    rest = remainder
    if torch.gt(torch.numel(remainder), 0):
      rest = torch.narrow(torch.view(remainder, [-1]), 0, first, count)
    return [(self).master_value(part, rest, )]

  # The same values of an array become those given.
  def write_master(self: __torch__.Kernels, parameter: Tensor, remainder: Tensor, first: int, values: Tensor) -> List[Tensor]:
    part = torch.narrow(torch.view(parameter, [-1]), 0, first, torch.numel(values))
    if torch.gt(torch.numel(remainder), 0):
      _0 = (self).set_master(part, torch.narrow(torch.view(remainder, [-1]), 0, first, torch.numel(values)), values, )
    else:
      _1 = torch.copy_(part, values)
    return annotate(List[Tensor], [])

  # What follows updates p in place from its gradient g and its state; remainder belongs to p, see master_value. step counts
  # from 1, factor multiplies gradients first (clipping), rate is the learning rate, decay the weight decay. Elementwise rules
  # go through an array in pieces: what they compute in between then never needs a model's size.
  def pieces(self: __torch__.Kernels, x: Tensor) -> List[Tensor]:
    return torch.split(torch.view(x, [-1]), (self).piece(x, ), 0)

  # Elements of a piece: on a CPU what stays in a core's cache; elsewhere enough that starting kernels costs little.
  def piece(self: __torch__.Kernels, x: Tensor) -> int:
    size = 16777216
    if ops.prim.is_cpu(x):
      size = 262144
    return size

  # The pieces of remainder beside so many of p; an empty one has as many empty pieces.
  def remainder_pieces(self: __torch__.Kernels, remainder: Tensor, count: int) -> List[Tensor]:
    parts = (self).pieces(remainder, )
    for missing in range(torch.sub(count, torch.len(parts))):
      _0 = torch.append(parts, remainder)
    return parts

  # factor * g as float32.
  def times(self: __torch__.Kernels, g: Tensor, factor: float) -> Tensor:
    gradient = torch.to(g, 6)
    if torch.ne(factor, 1.):
      gradient = torch.mul(gradient, factor)
    return gradient

  # A file of so many elements as one array; what is written to the array is written to the file when memory is short.
  def map_file(self: __torch__.Kernels, path: str, elements: int, dtype: int) -> List[Tensor]:
    return [torch.from_file(path, True, elements, dtype=dtype)]

  # average = decay * average + (1 - decay) * values, in place; average is float32.
  def average_all(self: __torch__.Kernels, average: List[Tensor], parameter: List[Tensor], remainder: List[Tensor], decay: float) -> List[Tensor]:
    for i in range(torch.len(average)):
      means = (self).pieces(average[i], )
      ps = (self).pieces(parameter[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      for j in range(torch.len(means)):
        _0 = torch.lerp_(means[j], (self).master_value(ps[j], rs[j], ), torch.sub(1., decay))
    return annotate(List[Tensor], [])

  # target = source, in place, each array in its own type.
  def copy_all(self: __torch__.Kernels, target: List[Tensor], source: List[Tensor]) -> List[Tensor]:
    for i in range(torch.len(target)):
      _0 = torch.copy_(target[i], source[i])
    return annotate(List[Tensor], [])

  # Float32 averages and values exchange places.
  def swap_all(self: __torch__.Kernels, average: List[Tensor], parameter: List[Tensor], remainder: List[Tensor]) -> List[Tensor]:
    for i in range(torch.len(average)):
      means = (self).pieces(average[i], )
      ps = (self).pieces(parameter[i], )
      rs = (self).remainder_pieces(remainder[i], torch.len(ps), )
      for j in range(torch.len(means)):
        copy = torch.clone((self).master_value(ps[j], rs[j], ))
        if torch.gt(torch.numel(rs[j]), 0):
          _0 = (self).set_master(ps[j], rs[j], means[j], )
        else:
          _1 = torch.copy_(ps[j], means[j])
        _2 = torch.copy_(means[j], copy)
    return annotate(List[Tensor], [])
