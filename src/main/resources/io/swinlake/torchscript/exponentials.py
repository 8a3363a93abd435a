# Attention in bfloat16, which is type 15. RESULT is the type that the network computes in.
# Every method here is one of the module's class, with two more spaces before each line.

# Attention from exponentials of the scores as they are: no row's maximum is subtracted first.
#
#   scores          [windows * batch, heads, tokens, tokens], times log2 e, for base 2; overwritten
#   q, k, v         [windows * batch, heads, tokens, headDim], that the scores came from
#   bias, bias_exp  [windows or 1, heads, tokens, tokens], and its exponential
#
# Within the two bounds exponentials lose less than bfloat16 shows: what falls below 1.2e-38 in one factor weighs at most
# 1e24 * 1.2e-38, in a sum of at least 1e-8. Beyond them softmax and bias are computed in float32.
def exponentials(self: __torch__.Swin, scores: Tensor, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, bias_exp: Tensor, scale: float) -> Tensor:
  p = torch.exp2_(scores)
  greatest = torch.max(p)
  p = torch.mul_(torch.reshape(p, torch.add([-1], torch.size(bias))), bias_exp)
  p = torch.reshape(p, [torch.size(q, 0), torch.size(q, 1), torch.size(q, 2), torch.size(q, 2)])
  sums = torch.matmul(p, torch.ones([torch.size(q, 2), 1], dtype=15))
  if bool(torch.logical_and(torch.lt(greatest, 1.0E24), torch.gt(torch.min(sums), 1.0E-8))):
    y = torch.div(torch.to(torch.matmul(p, v), RESULT), torch.to(sums, RESULT))
  else:
    y = (self).softmax(q, k, v, bias, scale)
  return y

# The same as the papers have it, for the batch that exponentials cannot take: bias, and hence the sum, are float32.
def softmax(self: __torch__.Swin, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
  scores = torch.matmul(q, torch.transpose(k, -2, -1))
  p = torch.add(bias, torch.reshape(scores, torch.add([-1], torch.size(bias))), alpha=scale)
  p = torch.to(torch.softmax(p, -1), 15)
  return torch.to(torch.matmul(torch.reshape(p, torch.size(scores)), v), RESULT)
