// Writes tokenizer-golden.json beside this file: small tokenizers of every family with what Hugging Face's own tokenizers make of the texts.
// Run with Node in a folder outside the repository where `npm install --ignore-scripts tokenizers@0.23.2` was done (the Rust library's bindings):
// `node PATH/tokenizer_golden.mjs`.
//
// The vocabularies are trained here on the texts themselves without cutting them, so that merges reach across every border: a pre-tokenizer that
// cuts elsewhere gives other ids.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { families, texts } from "./tokenizer_families.mjs";

const { Tokenizer } = createRequire(path.join(process.cwd(), "x.js"))("tokenizers");
const here = path.dirname(new URL(import.meta.url).pathname);

// GPT-2's alphabet of bytes: printable ones stand for themselves, the others for the characters from U+0100 on.
const printable = (b) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
let shifted = 0x100;
const alphabet = Array.from({ length: 256 }, (_, b) => (printable(b) ? String.fromCodePoint(b) : String.fromCodePoint(shifted++)));

function train(documents, tokens, count) {
  const merges = [];
  while (merges.length < count) {
    const pairs = new Map();
    for (const d of documents)
      for (let i = 0; i + 1 < d.length; i++) {
        const key = `${d[i]} ${d[i + 1]}`;
        pairs.set(key, (pairs.get(key) ?? 0) + 1);
      }
    const [best, times] = [...pairs].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
    if (times < 2) break;
    const [left, right] = best.split(" ");
    merges.push(best);
    if (!tokens.includes(left + right)) tokens.push(left + right);
    documents = documents.map((d) => {
      const merged = [];
      for (let i = 0; i < d.length; i++) {
        const joins = d[i] === left && d[i + 1] === right;
        merged.push(joins ? left + right : d[i]);
        i += joins ? 1 : 0;
      }
      return merged;
    });
  }
  return { tokens, merges };
}

const hex = (b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`;
const known = (c) => texts.join("").split(c).length > 3 && !" ▁".includes(c);
const bytes = train(texts.map((t) => [...Buffer.from(t, "utf8")].map((b) => alphabet[b])), [...alphabet], 320);
const pieces = train(
  texts.map((t) => [...t.replaceAll(" ", "▁")].flatMap((c) => (c === "▁" || known(c) ? [c] : []))),
  ["<unk>", "<s>", "</s>", ...alphabet.map((_, b) => hex(b)), "▁", ...[...new Set(texts.join(""))].filter(known)],
  260,
);
// Words that no sequence of merges makes: only ignore_merges gives them.
bytes.tokens.push("Ġmaster", "ĠLighthouse", "187");
if (new Set(bytes.tokens).size !== bytes.tokens.length) throw new Error(`twice: ${bytes.tokens.filter((t, i) => bytes.tokens.indexOf(t) < i)}`);
const vocabularies = { bytes, pieces };

const out = [];
for (const family of families) {
  const { tokens, merges } = vocabularies[family.vocabulary];
  const vocab = Object.fromEntries(tokens.map((t, id) => [t, id]));
  // The library numbers added tokens that the vocabulary does not hold itself, from the vocabulary's end on.
  let next = tokens.length;
  family.file.added_tokens = family.file.added_tokens.map((token) => ({ ...token, id: tokens.includes(token.content) ? tokens.indexOf(token.content) : next++ }));
  const file = { version: "1.0", ...family.file, model: { type: "BPE", ...family.file.model, vocab, merges } };
  const tokenizer = Tokenizer.fromString(JSON.stringify(file));
  const cases = [];
  for (const text of [...texts, ...family.texts]) {
    const ids = (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
    const [decoded, skipped] = [await tokenizer.decode(ids, false), await tokenizer.decode(ids, true)];
    cases.push({ text, ids, ...(decoded !== text && { decoded }), ...(skipped !== decoded && { skipped }) });
  }
  out.push({ ...family, cases });
}
const lines = out.map(({ cases, texts: _, ...family }) =>
  `  ${JSON.stringify(family).slice(0, -1)}, "cases": [\n${cases.map((c) => `   ${JSON.stringify(c)}`).join(",\n")}]}`);
writeFileSync(path.join(here, "tokenizer-golden.json"),
  `{"reference": "Hugging Face tokenizers 0.23.2; see tokenizer_golden.mjs",\n "vocabularies": ${JSON.stringify(vocabularies)},\n "families": [\n${lines.join(",\n")}]}\n`);
