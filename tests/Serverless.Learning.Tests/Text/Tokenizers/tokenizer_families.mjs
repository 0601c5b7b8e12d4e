// The texts and the tokenizers, in the shape of tokenizer.json, that tokenizer_golden.mjs gives values for.
export const texts = [
  "", " ", "  ", "   a", "a   ", "\n", "\n\n\n", " \n \n", "\t\tx = 1;\n\t\treturn x;\n\n",
  "The harbour master counts the boats at noon.", "the harbour, the quay and the sea", " quay", "123", "harbour harbour", "The Lighthouse of 1871",
  "In 1987 it cost 3.50; today 12345678 or 1,000,000.", "a1b22c333d4444", "v2.10.3-rc1", "½ Ⅳ ٣٤ 𝟘𝟙 ²³",
  "I'm sure they'll say it's what we've got, he'd do, you're THEY'LL IT'S", "it’s 'tis 'S'", "it'\u017f",
  "don't!!! Why?? (yes) [no] {x: \"y\"} <z> -- __init__ $5 + 2 = 7 ^ ~ `q` | a\\b",
  "Café naïve Ångström déjà", "Cafe\u0301 nai\u0308ve A\u030angstro\u0308m", "q\u0307\u0323 q\u0323\u0307 \u212b \u1112\u1161\u11ab 한", "ﬁn ﬀ",
  "数据库在港口。東京は夜の七時、港に船がある。", "한국어 문장입니다", "Привет, мир! Как дела?", "שלום עולם", "مرحبا بالعالم ١٢٣", "नमस्ते दुनिया", "ภาษาไทย",
  "😀😀 👩‍👩‍👧 🇩🇪 👍🏽 ok", "𝔘𝔫𝔦 𐐷𐐷 𠀋𠀋", "z\u0335\u0321a\u0300\u0301\u0302l",
  "a\u00a0b\u3000c\u2003d\u200be\ufefff\u2028g\u0085h", "line one\r\nline two\r\n\r\nline three", "\u0000\u0001\u0007\u001b[0m\u007f",
  "for (int i = 0; i < n; i++) {\n    sum += values[i];  // add\n}\n", "https://example.com/a?b=c&d=e#f me@example.com",
  "CamelCaseWords andHTTPServer IDs XMLHttp ÉCOLE", "▁ already ▁marked▁", "end with spaces   ", "tab\there", "a".repeat(44), "the the the the  the   the",
  "<|im_start|>user\nhi<|im_end|>", "<s>a</s>", "\ufffd",
];

const llama3 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const qwen2 = llama3.replace("{1,3}", "");
const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`, upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, before = String.raw`[^\r\n\p{L}\p{N}]?`;
const o200k = `${before}${upper}*${lower}+${contraction}|${before}${upper}+${lower}*${contraction}`
  + String.raw`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const tekken = o200k.replaceAll(contraction, "").replace("{1,3}", "");
const deepseek = String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const token = (content, flags = {}) =>
  ({ content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...flags });
const text = (content, flags = {}) => token(content, { special: false, ...flags });
const split = (regex, behavior = "Isolated", invert = false) => ({ type: "Split", pattern: { Regex: regex }, behavior, invert });
const byteLevel = (prefix = false, regex = false) => ({ type: "ByteLevel", add_prefix_space: prefix, trim_offsets: false, use_regex: regex });
const sequence = (...pretokenizers) => ({ type: "Sequence", pretokenizers });
const nfc = { type: "NFC" };
const bytes = (name, pre_tokenizer, { added = [], normalizer = null, texts = [], model = {} } = {}) =>
  ({ name, vocabulary: "bytes", file: { added_tokens: added, normalizer, pre_tokenizer, decoder: byteLevel(), model }, texts });

const toMarks = { type: "Replace", pattern: { String: " " }, content: "▁" };
const prepend = { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, toMarks] };
const fallback = (...more) =>
  ({ type: "Sequence", decoders: [{ type: "Replace", pattern: { String: "▁" }, content: " " }, { type: "ByteFallback" }, { type: "Fuse" }, ...more] });
const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
const metaspace = (more) => ({ type: "Metaspace", replacement: "▁", ...more });
const sentencePiece = [token("<unk>"), token("<s>"), token("</s>")];
const pieces = (name, { added = sentencePiece, normalizer = null, pre_tokenizer = null, decoder = fallback(strip), texts = [], model = {} }) =>
  ({ name, vocabulary: "pieces", file: { added_tokens: added, normalizer, pre_tokenizer, decoder,
    model: { unk_token: "<unk>", fuse_unk: true, byte_fallback: true, ...model } }, texts });

const chatMl = [token("<|endoftext|>"), token("<|im_start|>"), token("<|im_end|>")];
const chat = ["<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n the harbour<|im_end|>\n<|im_start|>assistant\n", "<|im_end|><|im_end|>", "x<|im_start|", "<|<|im_end|>|>"];
const tags = (...names) => names.map((name) => text(name));
const stripped = { lstrip: true, rstrip: true };

export const families = [
  bytes("gpt-2", byteLevel(false, true), { added: [chatMl[0]], texts: ["one<|endoftext|> two", "<|endoftext|>"] }),
  bytes("gpt-2 with a prefix space", byteLevel(true, true), { added: [chatMl[0]], texts: ["one<|endoftext|>two<|endoftext|> three"] }),
  bytes("llama-3", sequence(split(llama3), byteLevel()), {
    added: ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"].map((name) => token(name)), model: { ignore_merges: true },
    texts: ["<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nthe harbour?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"] }),
  bytes("llama-3 without ignore_merges", sequence(split(llama3), byteLevel())),
  bytes("qwen2", sequence(split(qwen2), byteLevel()), { added: chatMl, normalizer: nfc, texts: chat }),
  bytes("qwen3", sequence(split(qwen2), byteLevel()), {
    added: [...chatMl, ...tags("<tool_call>", "</tool_call>", "<think>", "</think>")], normalizer: nfc,
    texts: ["<|im_start|>assistant\n<think>\n\n</think>\n\n<tool_call>\n{\"name\": \"tide\"}\n</tool_call><|im_end|>", "<think></think>"] }),
  bytes("smollm2", sequence({ type: "Digits", individual_digits: true }, byteLevel(false, true)), { added: chatMl, texts: chat }),
  bytes("digits together", sequence({ type: "Digits", individual_digits: false }, byteLevel(false, true))),
  bytes("deepseek-v3", sequence(split(String.raw`\p{N}{1,3}`), split("[一-龥぀-ゟ゠-ヿ]+"), split(deepseek), byteLevel()), {
    added: [token("<｜begin▁of▁sentence｜>"), token("<｜end▁of▁sentence｜>"),
      ...["<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"].map((name) => text(name, { normalized: true }))],
    normalizer: { type: "Sequence", normalizers: [] },
    texts: ["<｜begin▁of▁sentence｜>Be kind.<｜User｜>the quay<｜Assistant｜><think>\n well</think>yes<｜end▁of▁sentence｜>"] }),
  bytes("phi-4", sequence(split(llama3), byteLevel()), {
    added: [...chatMl, token("<|im_sep|>")].map((t) => ({ ...t, ...stripped })),
    texts: ["<|im_start|>user<|im_sep|> the harbour \n<|im_end|>\n <|im_start|>assistant<|im_sep|>", " <|im_end|>\u00a0\u3000\n x"] }),
  bytes("phi-4-mini", sequence(split(o200k), byteLevel()), {
    added: [token("<|end|>", { rstrip: true }), token("<|user|>", { rstrip: true })], texts: ["<|user|>  the quay<|end|> \n\n<|user|>"] }),
  bytes("mistral-nemo", sequence(split(tekken), byteLevel()), {
    added: [token("<s>"), token("[INST]"), token("[/INST]")], model: { ignore_merges: true }, texts: ["<s>[INST]the harbour[/INST]the quay"] }),
  ...["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"].flatMap((behavior) => [false, true].map((invert) =>
    bytes(`split ${behavior}${invert ? ", inverted" : ""}`, sequence(split(String.raw`\s+|\p{N}`, behavior, invert), byteLevel())))),
  ...["Isolated", "Contiguous"].map((behavior) => bytes(`punctuation ${behavior}`, sequence({ type: "Punctuation", behavior }, byteLevel()))),
  bytes("added tokens", byteLevel(false, true), {
    added: [text("[plain]", { normalized: true }), text("[left]", { lstrip: true }), text("[right]", { rstrip: true }),
      text("word", { single_word: true }), token("[SPECIAL]", stripped), text("[plain][plain]"), text("nőe", { normalized: true })],
    normalizer: nfc,
    texts: ["a [plain] b", "a  [left]  b", "a  [right]  b", "[left] [left][right] [right] ", "word words sword word_ (word) word", "éword wordé 1word wörd",
      "a \t[SPECIAL]\n b", "[plain][plain][plain]", "no\u030be no\u030bes [pla\u0301in]", "[SPECIAL]", " word ", "word\u0301 \u0301word 𐐷word word𐐷 word😀 Ⅳword \u200dword"] }),
  pieces("llama-2", { normalizer: prepend, texts: ["<s>the harbour</s>", "<s> [INST] the quay [/INST] yes </s><s>[INST] no", "x<unk>y"] }),
  pieces("mistral-v0.3", {
    added: [...sentencePiece, token("[INST]"), token("[/INST]")], pre_tokenizer: metaspace({ prepend_scheme: "first", split: false }),
    texts: ["<s>[INST] the harbour[/INST] yes</s>", "the quay<s>the quay", " <s>the"] }),
  pieces("phi-3", {
    added: [token("<unk>"), token("<s>"), text("</s>", { rstrip: true }), token("<|endoftext|>"),
      ...["<|assistant|>", "<|end|>", "<|user|>"].map((name) => token(name, { rstrip: true }))], normalizer: prepend,
    texts: ["<|user|>\nthe harbour?<|end|>\n<|assistant|>\n", "<s><|user|>\n\n hi <|end|>", "a</s>  b"] }),
  pieces("gemma", {
    added: [...sentencePiece, token("<bos>"), token("<start_of_turn>"), token("<end_of_turn>"), ...tags("\n\n", "\n\n\n", "▁▁", "▁▁▁", "<h1>")],
    normalizer: toMarks, pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false }, decoder: fallback(),
    texts: ["<bos><start_of_turn>user\nthe harbour\n\n\n\nthe   quay<end_of_turn>\n<start_of_turn>model\n", "<h1>x  y"] }),
  pieces("metaspace of an older file", {
    pre_tokenizer: metaspace({ add_prefix_space: true }), decoder: metaspace({ add_prefix_space: true }), model: { byte_fallback: false } }),
  pieces("metaspace without a prefix", {
    pre_tokenizer: metaspace({ prepend_scheme: "never", split: true }), decoder: metaspace({ prepend_scheme: "never", split: true }),
    model: { byte_fallback: false, fuse_unk: false } }),
  pieces("no unknown token", { normalizer: prepend, model: { unk_token: null, byte_fallback: false } }),
];
