"""Golden values of tiny decoders of every family, computed with plain PyTorch in float64.

Written from the papers and from what the fields of config.json mean, not from any implementation of the decoder. Run with Debian's
python3-torch: `/usr/bin/python3 families_golden.py families-golden.json`.
"""
import json
import math
import sys

import torch

torch.set_num_threads(1)
SIZES = {"vocab_size": 48, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
LONG = {"type": "longrope", "short_factor": [1.0, 1.1, 1.2, 1.5, 2.0, 3.0], "long_factor": [1.5, 2.0, 3.0, 5.0, 9.0, 16.0]}
PHI = {"model_type": "phi3", "partial_rotary_factor": 0.75, "original_max_position_embeddings": 32, "rope_scaling": LONG, "rope_theta": 10000.0}
GEMMA = {"head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 24, "sliding_window": 5, "tie_word_embeddings": True}

CONFIGS = {
    "llama": {"model_type": "llama", "rope_theta": 10000.0, "tie_word_embeddings": False},
    "llama-3": {"model_type": "llama", "head_dim": 32, "rope_theta": 500000.0, "tie_word_embeddings": True, "rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}},
    "llama-biased": {"model_type": "llama", "attention_bias": True, "rope_scaling": {"type": "linear", "factor": 2.5}},
    "mistral": {"model_type": "mistral", "sliding_window": 6, "rope_theta": 10000.0},
    "qwen2": {"model_type": "qwen2", "rope_theta": 1000000.0, "use_sliding_window": False, "sliding_window": 4, "tie_word_embeddings": True},
    "qwen2-window": {"model_type": "qwen2", "rope_theta": 1000000.0, "use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1},
    "qwen2-yarn": {"model_type": "qwen2", "rope_theta": 10000.0, "rope_scaling": YARN},
    "qwen3": {"model_type": "qwen3", "head_dim": 32, "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}},
    "phi3": {"model_type": "phi3", "sliding_window": 7, "rope_theta": 10000.0, "rms_norm_eps": 1e-5},
    "phi3-longrope": PHI,
    "phi3-longrope-long": {**PHI, "context": 64},
    "gemma2": {**GEMMA, "model_type": "gemma2", "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0},
    "gemma3": {**GEMMA, "model_type": "gemma3_text", "num_hidden_layers": 3, "sliding_window_pattern": 3, "rope_theta": 1000000.0,
               "rope_local_base_freq": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}},
    "gemma3-parameters": {**GEMMA, "model_type": "gemma3_text", "layer_types": ["full_attention", "sliding_attention"], "rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 20000.0}}},
}


def noise(number, index):
    """A number in [-1, 1) for element `index` of tensor `number`: a 32-bit integer hash, so that any language gives the same."""
    h = (index * 0x9E3779B1 + number * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 0x2C1B3C6D) & 0xFFFFFFFF
    h ^= h >> 12
    h = (h * 0x297A2D39) & 0xFFFFFFFF
    h ^= h >> 15
    return h / 2 ** 31 - 1


def tensor(number, shape, scale, around=0.0):
    values = [around + scale * noise(number, i) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float32).double().view(shape)


class Model:
    def __init__(self, config):
        c = self.c = {**SIZES, **config}
        self.gemma = c["model_type"].startswith("gemma")
        self.d, self.h, self.k = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
        self.dh = c.get("head_dim", self.d // self.h)
        self.layers = c["num_hidden_layers"]
        self.tied = c.get("tie_word_embeddings", self.gemma)
        self.shapes = self.name_shapes()
        self.w = {}
        for number, (name, shape) in enumerate(self.shapes.items()):
            norm = name.endswith("norm.weight")
            around = 0.0 if self.gemma or not norm else 1.0
            self.w[name] = tensor(number, shape, 0.3 if norm or name.endswith("bias") else 0.25, around).requires_grad_(True)
        self.lora = {}

    def name_shapes(self):
        c, d, q, kv, inner = self.c, self.d, self.h * self.dh, self.k * self.dh, self.c["intermediate_size"]
        kind = c["model_type"]
        qkv_bias = kind == "qwen2" or c.get("attention_bias", False)
        o_bias = kind != "qwen2" and c.get("attention_bias", False)
        shapes = {"model.embed_tokens.weight": [c["vocab_size"], d]}
        for layer in range(self.layers):
            p = f"model.layers.{layer}."
            shapes[p + "input_layernorm.weight"] = [d]
            projections = {"qkv_proj": q + 2 * kv} if kind == "phi3" else {"q_proj": q, "k_proj": kv, "v_proj": kv}
            for name, rows in projections.items():
                shapes[p + f"self_attn.{name}.weight"] = [rows, d]
                if qkv_bias:
                    shapes[p + f"self_attn.{name}.bias"] = [rows]
            if kind in ("qwen3", "gemma3_text"):
                shapes[p + "self_attn.q_norm.weight"] = [self.dh]
                shapes[p + "self_attn.k_norm.weight"] = [self.dh]
            shapes[p + "self_attn.o_proj.weight"] = [d, q]
            if o_bias:
                shapes[p + "self_attn.o_proj.bias"] = [d]
            shapes[p + "post_attention_layernorm.weight"] = [d]
            if self.gemma:
                shapes[p + "pre_feedforward_layernorm.weight"] = [d]
            for name in ["gate_up_proj"] if kind == "phi3" else ["gate_proj", "up_proj"]:
                shapes[p + f"mlp.{name}.weight"] = [inner * 2 if name == "gate_up_proj" else inner, d]
            shapes[p + "mlp.down_proj.weight"] = [d, inner]
            if self.gemma:
                shapes[p + "post_feedforward_layernorm.weight"] = [d]
        shapes["model.norm.weight"] = [d]
        if not self.tied:
            shapes["lm_head.weight"] = [c["vocab_size"], d]
        return shapes

    def window(self, layer):
        """How many tokens a token of this layer sees, or None for all before it."""
        c = self.c
        if "layer_types" in c:
            return c["sliding_window"] if c["layer_types"][layer] == "sliding_attention" else None
        kind, size = c["model_type"], c.get("sliding_window")
        if kind == "gemma2":
            return size if layer % 2 == 0 else None
        if kind == "gemma3_text":
            return None if (layer + 1) % c["sliding_window_pattern"] == 0 else size
        if kind in ("qwen2", "qwen3"):
            return size if c.get("use_sliding_window") and layer >= c["max_window_layers"] else None
        return size if kind in ("mistral", "phi3") else None

    def angles(self, layer, t):
        """cos and sin, [T, rotated / 2], of the positions 0 to T - 1."""
        c, sliding = self.c, self.window(layer) is not None
        scaling = c.get("rope_parameters") or c.get("rope_scaling") or {}
        if "full_attention" in scaling:
            scaling = scaling["sliding_attention" if sliding else "full_attention"]
        base = scaling.get("rope_theta", c.get("rope_theta", 10000.0))
        if c["model_type"] == "gemma3_text" and sliding and "rope_local_base_freq" in c:
            base, scaling = c["rope_local_base_freq"], {}
        size = int(self.dh * c.get("partial_rotary_factor", 1.0))
        turn = torch.tensor([base ** (-2 * i / size) for i in range(size // 2)], dtype=torch.float64)
        amplitude, kind = 1.0, scaling.get("rope_type", scaling.get("type", "default"))
        if kind == "linear":
            turn = turn / scaling["factor"]
        elif kind == "llama3":
            turn = torch.stack([self.llama3(f, scaling) for f in turn])
        elif kind == "yarn":
            factor, original = scaling["factor"], scaling["original_max_position_embeddings"]
            pair = lambda turns: size * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))
            low, high = max(math.floor(pair(32)), 0), min(math.ceil(pair(1)), size - 1)
            slow = ((torch.arange(size // 2).double() - low) / (high - low)).clamp(0, 1)
            turn, amplitude = turn * (1 - slow) + turn / factor * slow, 0.1 * math.log(factor) + 1
        elif kind == "longrope":
            original, longest = c["original_max_position_embeddings"], c["max_position_embeddings"]
            chosen = "long_factor" if c.get("context", 0) > original else "short_factor"
            turn = turn / torch.tensor(scaling[chosen], dtype=torch.float64)
            amplitude = math.sqrt(1 + math.log(longest / original) / math.log(original))
        angle = torch.arange(t).double()[:, None] * turn
        return angle.cos() * amplitude, angle.sin() * amplitude

    @staticmethod
    def llama3(frequency, scaling):
        wavelength, original = 2 * math.pi / frequency, scaling["original_max_position_embeddings"]
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        if wavelength < original / high:
            return frequency
        if wavelength > original / low:
            return frequency / scaling["factor"]
        smooth = (original / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / scaling["factor"] + smooth * frequency

    def norm(self, x, name):
        w = self.w[name + ".weight"]
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + self.c["rms_norm_eps"]) * (1 + w if self.gemma else w)

    def product(self, x, path):
        y = x @ self.w[path + ".weight"].T
        if path + ".bias" in self.w:
            y = y + self.w[path + ".bias"]
        if path in self.lora:
            a, b, scale = self.lora[path]
            y = y + scale * (x @ a.T) @ b.T
        return y

    def attention(self, x, layer):
        t, p, c = len(x), f"model.layers.{layer}.self_attn.", self.c
        if c["model_type"] == "phi3":
            q, k, v = self.product(x, p + "qkv_proj").split([self.h * self.dh, self.k * self.dh, self.k * self.dh], -1)
        else:
            q, k, v = (self.product(x, p + name) for name in ("q_proj", "k_proj", "v_proj"))
        heads = lambda flat, count: flat.view(t, count, self.dh).transpose(0, 1)
        q, k, v = heads(q, self.h), heads(k, self.k), heads(v, self.k)
        if p + "q_norm.weight" in self.w:
            q, k = self.norm(q, p + "q_norm"), self.norm(k, p + "k_norm")
        cos, sin = self.angles(layer, t)
        q, k = self.rotate(q, cos, sin), self.rotate(k, cos, sin)
        k, v = k.repeat_interleave(self.h // self.k, 0), v.repeat_interleave(self.h // self.k, 0)
        scores = q @ k.transpose(1, 2) / math.sqrt(c["query_pre_attn_scalar"] if self.gemma else self.dh)
        if c.get("attn_logit_softcapping"):
            scores = c["attn_logit_softcapping"] * torch.tanh(scores / c["attn_logit_softcapping"])
        window = self.window(layer)
        for query in range(t):
            for key in range(t):
                if key > query or (window is not None and query - key >= window):
                    scores[:, query, key] = -math.inf
        mixed = (scores.softmax(-1) @ v).transpose(0, 1).reshape(t, self.h * self.dh)
        return self.product(mixed, p + "o_proj")

    @staticmethod
    def rotate(x, cos, sin):
        half = cos.shape[-1]
        first, second, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
        return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], -1)

    def feed_forward(self, x, layer):
        p = f"model.layers.{layer}.mlp."
        if self.c["model_type"] == "phi3":
            gate, up = self.product(x, p + "gate_up_proj").chunk(2, -1)
        else:
            gate, up = self.product(x, p + "gate_proj"), self.product(x, p + "up_proj")
        if self.gemma:
            gate = 0.5 * gate * (1 + torch.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate ** 3)))
        else:
            gate = gate * torch.sigmoid(gate)
        return self.product(gate * up, p + "down_proj")

    def logits(self, ids):
        x = self.w["model.embed_tokens.weight"][ids]
        if self.gemma:
            x = x * math.sqrt(self.d)
        for layer in range(self.layers):
            p = f"model.layers.{layer}."
            branch = self.attention(self.norm(x, p + "input_layernorm"), layer)
            if self.gemma:
                x = x + self.norm(branch, p + "post_attention_layernorm")
                branch = self.feed_forward(self.norm(x, p + "pre_feedforward_layernorm"), layer)
                x = x + self.norm(branch, p + "post_feedforward_layernorm")
            else:
                x = x + branch
                x = x + self.feed_forward(self.norm(x, p + "post_attention_layernorm"), layer)
        head = self.w["model.embed_tokens.weight" if self.tied else "lm_head.weight"]
        logits = self.norm(x, "model.norm") @ head.T
        cap = self.c.get("final_logit_softcapping")
        return cap * torch.tanh(logits / cap) if cap else logits

    def loss(self, ids, targets):
        rows = [i for i, target in enumerate(targets) if target >= 0]
        return torch.nn.functional.cross_entropy(self.logits(torch.tensor(ids))[rows], torch.tensor([targets[i] for i in rows]))


def sequence(number, length):
    return [int((noise(1000 + number, i) + 1) / 2 * SIZES["vocab_size"]) for i in range(length)]


def golden(config):
    model = Model(config)
    ids = sequence(0, 24)
    targets = [-1 if i % 5 == 0 else ids[i + 1] for i in range(23)] + [3]
    last = model.logits(torch.tensor(ids))[-1].tolist()
    loss = model.loss(ids, targets)
    loss.backward()
    context = config.get("context")
    return {"config": {key: value for key, value in model.c.items() if key != "context"}, "context": context, "shapes": model.shapes,
            "ids": ids, "targets": targets, "loss": loss.item(), "lastLogits": last,
            "gradientNorms": {name: w.grad.norm().item() for name, w in model.w.items()},
            "gradientSums": {name: w.grad.sum().item() for name, w in model.w.items()}}


def lora_run(config, steps=20, rank=4, alpha=8.0, peak=0.01, decay=0.01, betas=(0.9, 0.99), epsilon=1e-8, longest=1.0):
    """LoRA (arXiv 2106.09685) by AdamW (arXiv 1711.05101), two sequences a step, the loss averaged over both, gradients clipped."""
    model = Model(config)
    parameters = []
    products = [name[:-len(".weight")] for name in model.shapes if name.endswith("_proj.weight")]
    for number, path in enumerate(products):
        out, width = model.shapes[path + ".weight"]
        a = tensor(500 + number, [rank, width], 1 / math.sqrt(width)).requires_grad_(True)
        b = torch.zeros(out, rank, dtype=torch.float64, requires_grad=True)
        model.lora[path] = (a, b, alpha / rank)
        parameters += [a, b]
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]
    losses = []
    for step in range(steps):
        batch = [sequence(2 * step % 6 + i, 16) for i in range(2)]
        loss = sum(model.loss(ids, ids[1:] + [-1]) for ids in batch) / 2
        losses.append(loss.item())
        for p in parameters:
            p.grad = None
        loss.backward()
        norm = math.sqrt(sum((p.grad ** 2).sum().item() for p in parameters))
        rate = peak * min(1.0, (step + 1) / 2)
        for p, (m, v) in zip(parameters, moments):
            g = p.grad * min(1.0, longest / norm)
            m.mul_(betas[0]).add_(g, alpha=1 - betas[0])
            v.mul_(betas[1]).addcmul_(g, g, value=1 - betas[1])
            with torch.no_grad():
                p.mul_(1 - rate * decay)
                p.sub_(rate * (m / (1 - betas[0] ** (step + 1))) / ((v / (1 - betas[1] ** (step + 1))).sqrt() + epsilon))
    return {"products": products, "rank": rank, "alpha": alpha, "peak": peak, "decay": decay, "losses": losses}


with open(sys.argv[1], "w") as file:
    values = {"families": {name: golden(config) for name, config in CONFIGS.items()},
              "lora": {name: lora_run(CONFIGS[name]) for name in ("llama", "mistral", "qwen2", "qwen3", "phi3", "gemma2", "gemma3")}}
    rounded = json.loads(json.dumps(values), parse_float=lambda text: float(f"{float(text):.9g}"))
    json.dump(rounded, file, indent=None, separators=(",", ":"))
    file.write("\n")
