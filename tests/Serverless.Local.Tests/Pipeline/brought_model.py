"""Writes the folder Brought: a Qwen2 model of random weights as other tools publish one, made with nothing of this product and no library.

    python3 brought_model.py

Weights in bfloat16, in two shards with an index and the metadata that transformers writes; a byte-level BPE tokenizer with a Split expression,
merges and added tokens; the chat template inside tokenizer_config.json.
"""
import json
import os
import random
import struct

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Brought")
WIDTH, INNER, LAYERS, HEADS, KEY_VALUE_HEADS = 32, 48, 2, 4, 2
HEAD_SIZE = WIDTH // HEADS
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["t h", "Ġ t", "Ġt h", "i n", "e r", "a n", "o n", "r e", "s t", "b i", "l l", "in g", "bi ll", "bill ing"]
TEMPLATE = (
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def byte_letters():
    """GPT-2's letters for bytes: printable ones stand for themselves, the others for what follows U+0100."""
    plain = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1)) + list(range(ord("®"), ord("ÿ") + 1))
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + i) for i in range(len(others))]


def tokenizer():
    tokens = byte_letters() + [merge.replace(" ", "") for merge in MERGES]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    added = [
        {"id": len(tokens) + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, content in enumerate(SPECIAL)
    ]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
                  "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary, "merges": [merge.split(" ") for merge in MERGES]},
    }


def shapes(vocabulary_size):
    queries, keys = HEADS * HEAD_SIZE, KEY_VALUE_HEADS * HEAD_SIZE
    yield "model.embed_tokens.weight", [vocabulary_size, WIDTH]
    for layer in range(LAYERS):
        path = f"model.layers.{layer}."
        yield path + "input_layernorm.weight", [WIDTH]
        yield path + "post_attention_layernorm.weight", [WIDTH]
        for name, rows in (("q", queries), ("k", keys), ("v", keys)):
            yield f"{path}self_attn.{name}_proj.weight", [rows, WIDTH]
            yield f"{path}self_attn.{name}_proj.bias", [rows]
        yield path + "self_attn.o_proj.weight", [WIDTH, queries]
        yield path + "mlp.gate_proj.weight", [INNER, WIDTH]
        yield path + "mlp.up_proj.weight", [INNER, WIDTH]
        yield path + "mlp.down_proj.weight", [WIDTH, INNER]
    yield "model.norm.weight", [WIDTH]
    yield "lm_head.weight", [vocabulary_size, WIDTH]


def bfloat16(values):
    """The upper halves of float32, rounded half up; good enough for random numbers."""
    return b"".join(struct.pack("<H", (struct.unpack("<I", struct.pack("<f", value))[0] + 0x8000) >> 16 & 0xFFFF) for value in values)


def content(name, shape, source):
    count = shape[0] * (shape[1] if len(shape) == 2 else 1)
    if name.endswith("norm.weight"):
        return bfloat16([1.0] * count)
    return bfloat16([source.gauss(0, 0.08) for _ in range(count)])


def write_json(name, value):
    with open(os.path.join(TARGET, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=2)
        file.write("\n")


def write_shard(name, tensors):
    header, offset = {}, 0
    for tensor, shape, data in tensors:
        header[tensor] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(TARGET, name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors))


def main():
    os.makedirs(TARGET, exist_ok=True)
    size = 256 + len(MERGES) + len(SPECIAL)
    source = random.Random(1)
    tensors = [(name, shape, content(name, shape, source)) for name, shape in shapes(size)]
    shards = [tensors[: len(tensors) // 2], tensors[len(tensors) // 2 :]]
    names = [f"model-{i + 1:05}-of-00002.safetensors" for i in range(2)]
    for name, shard in zip(names, shards):
        write_shard(name, shard)
    write_json("model.safetensors.index.json", {
        "metadata": {"total_size": sum(len(data) for _, _, data in tensors)},
        "weight_map": {tensor: name for name, shard in zip(names, shards) for tensor, _, _ in shard}})
    write_json("config.json", {
        "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "attention_dropout": 0.0, "bos_token_id": size - 3, "eos_token_id": size - 1,
        "hidden_act": "silu", "hidden_size": WIDTH, "initializer_range": 0.02, "intermediate_size": INNER, "max_position_embeddings": 256,
        "max_window_layers": LAYERS, "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "num_key_value_heads": KEY_VALUE_HEADS,
        "rms_norm_eps": 1e-06, "rope_theta": 10000.0, "sliding_window": 256, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "transformers_version": "4.44.0", "use_cache": True, "use_sliding_window": False, "vocab_size": size})
    write_json("generation_config.json", {"bos_token_id": size - 3, "eos_token_id": [size - 1, size - 3], "do_sample": True, "transformers_version": "4.44.0"})
    write_json("tokenizer.json", tokenizer())
    write_json("tokenizer_config.json", {
        "add_prefix_space": False, "bos_token": None, "chat_template": TEMPLATE, "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>",
        "model_max_length": 256, "pad_token": "<|endoftext|>", "tokenizer_class": "Qwen2Tokenizer", "unk_token": None})


if __name__ == "__main__":
    main()
