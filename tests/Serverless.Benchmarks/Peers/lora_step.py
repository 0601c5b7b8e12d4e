"""A LoRA step of a Llama shape in plain PyTorch, as one would port it from Hugging Face code: eager, everything under autograd, adapters in
float32 that are cast where the model computes in another type.

usage: lora_step.py WIDTH INNER LAYERS HEADS KV_HEADS VOCABULARY TEXTS LENGTH THREADS SECONDS DTYPE
Prints the median seconds of a step, of two at least, after one that loads code and takes memory. The second half of each text
are targets, as in the scenario it stands beside."""
import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F

width, inner, layers, heads, kv_heads, vocabulary, texts, length, threads = map(int, sys.argv[1:10])
seconds, dtype = float(sys.argv[10]), getattr(torch, sys.argv[11])
size, rank, scaling = 64, 16, 2.0
torch.manual_seed(1)
torch.set_num_threads(threads)


def weight(*shape):
    return (torch.randn(*shape) * 0.02).to(dtype)


class Product:
    def __init__(self, inputs, outputs):
        self.w = weight(outputs, inputs)
        self.a = (torch.rand(rank, inputs) / math.sqrt(inputs)).requires_grad_()
        self.b = torch.zeros(outputs, rank, requires_grad=True)

    def __call__(self, x):
        return F.linear(x, self.w) + scaling * F.linear(F.linear(x, self.a.to(dtype)), self.b.to(dtype))


def norm(x):
    wide = x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)).to(dtype)


blocks = [dict(q=Product(width, heads * size), k=Product(width, kv_heads * size), v=Product(width, kv_heads * size),
               o=Product(heads * size, width), gate=Product(width, inner), up=Product(width, inner), down=Product(inner, width))
          for _ in range(layers)]
embedding = weight(vocabulary, width)
angles = torch.arange(length)[:, None] * 10000.0 ** (-torch.arange(0, size, 2) / size)
cos, sin = (torch.cat([turned] * 2, -1).to(dtype) for turned in (angles.cos(), angles.sin()))
mask = torch.full((length, length), float("-inf"), dtype=dtype).triu(1)
trained = [parameter for block in blocks for product in block.values() for parameter in (product.a, product.b)]
optimiser = torch.optim.AdamW(trained, lr=1e-3)


def turn(x):
    long = x.shape[-2]
    return x * cos[:long] + torch.cat([-x[..., size // 2:], x[..., :size // 2]], -1) * sin[:long]


def split(x, count):
    return x.view(*x.shape[:2], count, size).transpose(1, 2)


def step(texts, length):
    ids = torch.randint(3, vocabulary, (texts, length))
    x = embedding[ids]
    for block in blocks:
        h = norm(x)
        q, k, v = turn(split(block["q"](h), heads)), turn(split(block["k"](h), kv_heads)), split(block["v"](h), kv_heads)
        k, v = (each.repeat_interleave(heads // kv_heads, 1) for each in (k, v))
        scores = (q @ k.transpose(-1, -2) / math.sqrt(size) + mask[:length, :length]).softmax(-1)
        x = x + block["o"]((scores @ v).transpose(1, 2).reshape(texts, length, heads * size))
        h = norm(x)
        x = x + block["down"](F.silu(block["gate"](h)) * block["up"](h))
    begin = length // 2
    logits = F.linear(norm(x)[:, begin - 1:-1], embedding)
    loss = F.cross_entropy(logits.reshape(-1, vocabulary).float(), ids[:, begin:].reshape(-1))
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimiser.step()


step(texts, length)
times = []
began = time.perf_counter()
while len(times) < 2 or time.perf_counter() - began < seconds:
    at = time.perf_counter()
    step(texts, length)
    times.append(time.perf_counter() - at)
print(statistics.median(times))
