# Linear layers in int8: x [batch, tokens, channels] into y. Each takes the images of the batch one after the other: every
# image has its own scale, and the weights are read once for all.
# Every method here is one of the module's class, with two more spaces before each line.

# One image by oneDNN, which is given bytes, type 0: those of the quantized tensor (type 13, unsigned) itself, of which
# int_repr would make a slow copy. The result, in float32 (type 6) or bfloat16 (type 15), has passed the elementwise
# function, "none" or "gelu".
def widened(self: __torch__.Swin, x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], type: int, function: str) -> Tensor:
  q = torch.quantize_per_tensor_dynamic(x, 13, False)
  bytes = torch.set_(torch.empty([0], dtype=0), q, 0, torch.size(q))
  return ops.onednn.qlinear_pointwise(bytes, torch.q_scale(q), torch.q_zero_point(q), weight, scale, self.zero, bias, 1., 0, type, function, annotate(List[Optional[number]], []), "none")

# A layer by oneDNN. An image of y may have another shape and order than the layer's result.
def widen(self: __torch__.Swin, y: Tensor, x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], type: int, function: str) -> Tensor:
  for i in range(torch.size(x, 0)):
    to = torch.select(y, 0, i)
    z = (self).widened(torch.select(x, 0, i), weight, scale, bias, type, function)
    _0 = torch.copy_(to, torch.reshape(z, torch.size(to)))
  return y

# A layer by FBGEMM, which quantizes its input itself, and the residual that is added to it.
def narrow(self: __torch__.Swin, y: Tensor, x: Tensor, weight: __torch__.torch.classes.quantized.LinearPackedParamsBase, residual: Optional[Tensor]) -> Tensor:
  for i in range(torch.size(x, 0)):
    _0 = (self).put(y, i, ops.quantized.linear_dynamic(torch.select(x, 0, i), weight, False), residual)
  return y

# A layer by oneDNN with GELU, then one by FBGEMM: hands an image on from the first to the second while it is in the cache.
def mlp(self: __torch__.Swin, y: Tensor, x: Tensor, weight1: Tensor, scale1: Tensor, bias1: Optional[Tensor], weight2: __torch__.torch.classes.quantized.LinearPackedParamsBase, residual: Optional[Tensor]) -> Tensor:
  for i in range(torch.size(x, 0)):
    hidden = (self).widened(torch.select(x, 0, i), weight1, scale1, bias1, 6, "gelu")
    _0 = (self).put(y, i, ops.quantized.linear_dynamic(hidden, weight2, False), residual)
  return y

# Puts z, with image i of the residual if there is one, where image i of y is.
def put(self: __torch__.Swin, y: Tensor, i: int, z: Tensor, residual: Optional[Tensor]) -> Tensor:
  to = torch.select(y, 0, i)
  if torch.__is__(residual, None):
    _0 = torch.copy_(to, z)
  else:
    _1 = torch.add(torch.select(unchecked_cast(Tensor, residual), 0, i), z, alpha=1, out=to)
  return to
