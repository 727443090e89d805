  # A head that gives one number (reward, value), where the language model has its output head. weight [1, hidden] float32, no
  # bias; norm: weight and bias of the final norm, the bias empty where there is none; at [places] int64: nodes of x [nodes,
  # hidden] that get a number. Numbers are float32, whatever x is.

  # [numbers [places]]
  def scalar_scores(self: __torch__.Kernels, x: Tensor, at: Tensor, norm: List[Tensor], weight: Tensor) -> List[Tensor]:
    h = (self).final_norm(torch.index_select(x, 0, at), norm, )
    return [torch.squeeze(torch.mm(torch.to(h, 6), torch.t(weight)), -1)]

  # share [places] float32. Returns [sum of share * -number (not the mean), and of that sum the gradients: of x, of each norm
  # array that requires one (float32), of weight].
  def scalar_head_vjp(self: __torch__.Kernels, x: Tensor, at: Tensor, share: Tensor, norm: List[Tensor], weight: Tensor) -> List[Tensor]:
    leaf = torch.requires_grad_(torch.detach(x), True)
    inputs = annotate(List[Tensor], [leaf])
    for n in range(torch.len(norm)):
      array = norm[n]
      if ops.prim.requires_grad(array):
        _0 = torch.append(inputs, array)
    normed = (self).final_norm(torch.index_select(leaf, 0, at), norm, )
    h = torch.to(torch.detach(normed), 6)
    w = torch.detach(weight)
    upstream = torch.unsqueeze(torch.neg(share), 0)
    total = torch.sum(torch.mm(upstream, torch.mm(h, torch.t(w))))
    gradients = (self).gradients(normed, torch.type_as(torch.mm(torch.t(upstream), w), normed), inputs, )
    result = annotate(List[Tensor], [total, gradients[0]])
    for i in range(torch.sub(torch.len(gradients), 1)):
      _1 = torch.append(result, torch.to(gradients[torch.add(i, 1)], 6))
    _2 = torch.append(result, torch.mm(upstream, h))
    return result
