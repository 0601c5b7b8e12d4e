"""Golden values of a tiny Llama decoder, computed with plain PyTorch in float64: run with python3 (Debian's python3-torch) to print llama-golden.json."""
import json
import math

import torch

V, D, INNER, LAYERS, H, K, DH, EPS, BASE = 50, 16, 24, 2, 4, 2, 4, 1e-6, 10000.0
SHAPES = {"model.embed_tokens.weight": [V, D]}
for layer in range(LAYERS):
    p = f"model.layers.{layer}."
    SHAPES.update({
        p + "input_layernorm.weight": [D], p + "self_attn.q_proj.weight": [H * DH, D], p + "self_attn.k_proj.weight": [K * DH, D],
        p + "self_attn.v_proj.weight": [K * DH, D], p + "self_attn.o_proj.weight": [D, H * DH], p + "post_attention_layernorm.weight": [D],
        p + "mlp.gate_proj.weight": [INNER, D], p + "mlp.up_proj.weight": [INNER, D], p + "mlp.down_proj.weight": [D, INNER]})
SHAPES["model.norm.weight"] = [D]
SHAPES["lm_head.weight"] = [V, D]


def draw(number, shape):
    """Weight number n, element i: 0.3 sin(0.7 i + n), around one for norms."""
    size = math.prod(shape)
    values = torch.tensor([0.3 * math.sin(0.7 * i + number) for i in range(size)], dtype=torch.float64).view(shape)
    return (values + 1 if len(shape) == 1 else values).requires_grad_(True)


W = {name: draw(number, shape) for number, (name, shape) in enumerate(SHAPES.items())}


def norm(x, w):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPS) * w


def rotate(x):
    t = x.shape[1]
    angle = torch.arange(t, dtype=torch.float64)[:, None] * BASE ** (-2.0 * torch.arange(DH // 2, dtype=torch.float64) / DH)
    first, second = x[..., :DH // 2], x[..., DH // 2:]
    return torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], -1)


def attention(q, k, v):
    t = q.shape[1]
    scores = q @ k.transpose(1, 2) / math.sqrt(DH)
    return (scores.masked_fill(torch.ones(t, t).triu(1).bool(), -math.inf)).softmax(-1) @ v


def logits(ids):
    x = W["model.embed_tokens.weight"][ids]
    for layer in range(LAYERS):
        w = lambda name: W[f"model.layers.{layer}.{name}.weight"]
        n = norm(x, w("input_layernorm"))
        heads = lambda flat, count: flat.view(len(ids), count, DH).transpose(0, 1)
        q, k, v = heads(n @ w("self_attn.q_proj").T, H), heads(n @ w("self_attn.k_proj").T, K), heads(n @ w("self_attn.v_proj").T, K)
        q, k = rotate(q), rotate(k)
        k, v = k.repeat_interleave(H // K, 0), v.repeat_interleave(H // K, 0)
        x = x + attention(q, k, v).transpose(0, 1).reshape(len(ids), H * DH) @ w("self_attn.o_proj").T
        n = norm(x, w("post_attention_layernorm"))
        gate = n @ w("mlp.gate_proj").T
        x = x + (gate * torch.sigmoid(gate) * (n @ w("mlp.up_proj").T)) @ w("mlp.down_proj").T
    return norm(x, W["model.norm.weight"]) @ W["lm_head.weight"].T


IDS = [3, 14, 15, 9, 26, 5, 35, 8, 9, 7]
TARGETS = [-1, -1, 9, 26, 5, -1, 8, 9, 7, 1]
out = logits(torch.tensor(IDS))
rows = [i for i, t in enumerate(TARGETS) if t >= 0]
loss = torch.nn.functional.cross_entropy(out[rows], torch.tensor([TARGETS[i] for i in rows]))
loss.backward()
print(json.dumps({
    "ids": IDS, "targets": TARGETS, "loss": loss.item(), "lastLogits": out[-1].tolist(),
    "gradientNorms": {name: w.grad.norm().item() for name, w in W.items()},
    "gradientSums": {name: w.grad.sum().item() for name, w in W.items()}}, indent=1))
