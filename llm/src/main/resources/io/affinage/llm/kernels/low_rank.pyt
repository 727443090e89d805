  # The best approximation of x [out, in] float32 by a product of rank r (Eckart and Young): B [out, r], A [r, in], each with
  # the roots of the largest singular values.
  def best_product(self: __torch__.Kernels, x: Tensor, rank: int) -> List[Tensor]:
    u, s, v, = torch.linalg_svd(x, False)
    root = torch.sqrt(torch.narrow(s, 0, 0, rank))
    b = torch.contiguous(torch.mul(torch.narrow(u, 1, 0, rank), root))
    a = torch.contiguous(torch.mul(torch.unsqueeze(root, 1), torch.narrow(v, 0, 0, rank)))
    return [b, a]
