"""Losses of twenty steps with adapters, in plain PyTorch and float64: run with python3 (Debian's python3-torch) to print adapter-training-golden.json."""
import json
import math

import torch

V, D, INNER, LAYERS, H, K, DH, EPS, BASE = 64, 32, 48, 2, 4, 2, 8, 1e-6, 10000.0
RANK, ALPHA, STEPS, PEAK, WARMUP, DECAY, CLIP = 4, 8.0, 20, 0.01, 2, 0.01, 1.0
LINEARS = {"self_attn.q_proj": (H * DH, D), "self_attn.k_proj": (K * DH, D), "self_attn.v_proj": (K * DH, D), "self_attn.o_proj": (D, H * DH),
           "mlp.gate_proj": (INNER, D), "mlp.up_proj": (INNER, D), "mlp.down_proj": (D, INNER)}


def draw(number, shape, size):
    """Tensor number n, element i: size (1 + 0.5 sin(0.011 i)) sin(0.7 i + 0.00037 i^2 + n)."""
    values = [size * (1 + 0.5 * math.sin(0.011 * i)) * math.sin(0.7 * i + 0.00037 * i * i + number) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).view(shape)


def stored(tensor):
    return tensor.to(torch.bfloat16).double()


def nf4(weight):
    quantile = lambda p: math.sqrt(2) * torch.erfinv(2 * p - 1)
    outermost = 1 - (1 / 32 + 1 / 30) / 2
    above = quantile(torch.linspace(0.5, outermost, 9, dtype=torch.float64)[1:])
    below = -quantile(torch.linspace(0.5, outermost, 8, dtype=torch.float64)[1:])
    values = torch.cat([below.flip(0), torch.zeros(1, dtype=torch.float64), above])
    values = values / values.max()
    blocks = weight.flatten().view(-1, 64)
    scales = blocks.abs().max(1).values
    codes = (blocks / scales.unsqueeze(1)).unsqueeze(2).sub(values).abs().argmin(2)
    offsets = scales - scales.mean()
    step = offsets.abs().max() / 127
    return (values[codes] * (scales.mean() + step * (offsets / step).round()).unsqueeze(1)).view(weight.shape)


def norm(x, w):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPS) * w


def rotate(x):
    angles = torch.outer(torch.arange(x.shape[1], dtype=torch.float64), BASE ** (-torch.arange(0, DH, 2, dtype=torch.float64) / DH))
    cos, sin = torch.cat([angles.cos()] * 2, 1), torch.cat([angles.sin()] * 2, 1)
    return x * cos + torch.cat([-x[..., DH // 2:], x[..., :DH // 2]], -1) * sin


def run(kind, stabilized, decomposed):
    weights, number = {"embed": stored(draw(0, (V, D), 0.5))}, 1
    for layer in range(LAYERS):
        for name, shape in LINEARS.items():
            weights[layer, name] = stored(draw(number, shape, 0.3))
            number += 1
    scale = ALPHA / math.sqrt(RANK) if stabilized else ALPHA / RANK
    bases, parts = {}, []
    for (layer, name), shape in [((layer, name), LINEARS[name]) for layer in range(LAYERS) for name in LINEARS]:
        base = nf4(weights[layer, name]) if kind == "qlora" else weights[layer, name]
        a = draw(number, (RANK, shape[1]), 0.2).float().double().requires_grad_()
        b = torch.zeros(shape[0], RANK, dtype=torch.float64, requires_grad=True)
        m = base.norm(dim=1).requires_grad_() if decomposed else None
        number += 1
        bases[layer, name] = (base, a, b, m)
        parts += [a, b] + ([m] if decomposed else [])

    def linear(layer, name, x):
        base, a, b, m = bases[layer, name]
        y = x @ base.T + scale * (x @ a.T) @ b.T
        return y if m is None else m / (base + scale * b @ a).norm(dim=1).detach() * y

    def logits(ids):
        x, t = weights["embed"][ids], len(ids)
        heads = lambda flat, count: flat.view(t, count, DH).transpose(0, 1)
        for layer in range(LAYERS):
            n = norm(x, 1)
            q, k, v = (heads(linear(layer, f"self_attn.{p}_proj", n), count) for p, count in (("q", H), ("k", K), ("v", K)))
            q, k, v = rotate(q), rotate(k).repeat_interleave(H // K, 0), v.repeat_interleave(H // K, 0)
            scores = (q @ k.transpose(1, 2) / math.sqrt(DH)).masked_fill(torch.ones(t, t).triu(1).bool(), -math.inf)
            x = x + linear(layer, "self_attn.o_proj", (scores.softmax(-1) @ v).transpose(0, 1).reshape(t, H * DH))
            n = norm(x, 1)
            gate = linear(layer, "mlp.gate_proj", n)
            x = x + linear(layer, "mlp.down_proj", gate * torch.sigmoid(gate) * linear(layer, "mlp.up_proj", n))
        return norm(x, 1) @ weights["embed"].T

    examples = [[(7 * e + 3 * t * t + t) % V for t in range(12)] for e in range(8)]
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parts]
    losses = []
    for step in range(STEPS):
        loss = sum(torch.nn.functional.cross_entropy(logits(torch.tensor(ids))[5:11], torch.tensor(ids[6:12]), reduction="sum") for ids in examples) / 48
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, parts)
        total = math.sqrt(sum(g.square().sum().item() for g in gradients))
        rate = PEAK * (step + 1) / WARMUP if step < WARMUP else PEAK * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))
        with torch.no_grad():
            for p, g, (first, second) in zip(parts, gradients, moments):
                g = g * min(1, CLIP / total)
                first.mul_(0.9).add_(g, alpha=0.1)
                second.mul_(0.99).add_(g * g, alpha=0.01)
                p.mul_(1 - rate * (DECAY if p.dim() == 2 else 0))
                p.sub_(rate * first / (1 - 0.9 ** (step + 1)) / ((second / (1 - 0.99 ** (step + 1))).sqrt() + 1e-8))
    return {"kind": kind, "rankStabilized": stabilized, "decomposed": decomposed, "losses": losses}


print(json.dumps([run("Lora", False, False), run("Lora", True, False), run("Lora", False, True), run("qlora", False, False), run("qlora", True, True)], indent=1).replace('"qlora"', '"Qlora"'))
