"""Golden values of NF4, LoRA, rsLoRA and DoRA, computed with plain PyTorch: run with python3 (Debian's python3-torch) to print adapter-golden.json."""
import json
import math

import torch


def draw(number, shape, size=0.3):
    """Tensor number n, element i: size sin(0.7 i + n), in float32 as the subject reads it."""
    values = [size * math.sin(0.7 * i + number) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float32).view(shape)


def nf4_values():
    """Quantiles of the normal distribution over [-1, 1], seven below zero and eight above (arXiv 2305.14314, appendix E)."""
    outermost = 1 - (1 / 32 + 1 / 30) / 2
    quantile = lambda p: math.sqrt(2) * torch.erfinv(2 * p - 1)
    above = quantile(torch.linspace(0.5, outermost, 9, dtype=torch.float64)[1:])
    below = -quantile(torch.linspace(0.5, outermost, 8, dtype=torch.float64)[1:])
    values = torch.cat([below.flip(0), torch.zeros(1, dtype=torch.float64), above])
    return (values / values.abs().max()).to(torch.float32)


NF4 = nf4_values()


def nf4(weight):
    """Codes and numbers after quantisation in blocks of 64, scales in blocks of 256 signed 8-bit offsets from their mean."""
    flat = weight.flatten()
    blocks = [flat[i:i + 64] for i in range(0, len(flat), 64)]
    scales = torch.stack([block.abs().max() for block in blocks])
    codes = [(block / scale).unsqueeze(1).sub(NF4).abs().argmin(1) for block, scale in zip(blocks, scales)]
    mean = scales.double().mean().float()
    restored = []
    for i in range(0, len(scales), 256):
        offsets = scales[i:i + 256] - mean
        step = offsets.abs().max() / 127
        restored += [mean + step * (offset / step).round() if step > 0 else mean for offset in offsets]
    return torch.cat(codes), torch.cat([NF4[code] * scale for code, scale in zip(codes, restored)]).view(weight.shape)


def layer(weight, rank_stabilized, decomposed):
    """One adapted product, its gradients for the loss sum(y g), and the merged weight, in float64."""
    w, x = weight.double(), draw(2, [4, 10], 1).double().requires_grad_()
    a, b = draw(3, [3, 10]).double().requires_grad_(), draw(4, [6, 3]).double().requires_grad_()
    m, g = (draw(5, [6]).double() + 1).requires_grad_(), draw(6, [4, 6], 1).double()
    scale = 4 / math.sqrt(3) if rank_stabilized else 4 / 3
    y = x @ w.T + scale * (x @ a.T) @ b.T
    merged = (w + scale * b @ a).detach()
    if decomposed:
        norms = (w + scale * b @ a).norm(dim=1).detach()
        y, merged = m / norms * y, (m.detach() / norms).unsqueeze(1) * merged
    (y * g).sum().backward()
    result = {"y": y, "merged": merged, "dx": x.grad, "da": a.grad, "db": b.grad}
    if decomposed:
        result["dm"] = m.grad
    return {name: value.detach().flatten().tolist() for name, value in result.items()}


large = draw(7, [70, 257]) * (1 + 0.5 * torch.sin(0.011 * torch.arange(70 * 257, dtype=torch.float64)).float().view(70, 257))
codes, numbers = nf4(large)
base = draw(1, [6, 10])
print(json.dumps({
    "nf4Values": NF4.tolist(),
    "large": {
        "codeCounts": torch.bincount(codes, minlength=16).tolist(), "codes": "".join(f"{code:x}" for code in codes[:200]),
        "sum": numbers.double().sum().item(), "squares": numbers.double().square().sum().item(),
        "first": numbers.flatten()[:70].tolist(), "last": numbers.flatten()[-10:].tolist()},
    "layers": [
        {"rankStabilized": s, "decomposed": d, "quantized": q, **layer(nf4(base)[1] if q else base, s, d)}
        for s in (False, True) for d in (False, True) for q in (False, True)]}))
