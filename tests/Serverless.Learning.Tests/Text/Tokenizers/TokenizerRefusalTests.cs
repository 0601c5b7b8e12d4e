using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.Tokenizers;

/// <summary>What a tokenizer.json may not hold, with the whole message behind the file's path.</summary>
public sealed class TokenizerRefusalTests
{
    [Theory]
    [InlineData("model", null, "model: missing")]
    [InlineData("model", "5", "model: found 5; allowed: an object")]
    [InlineData("model.type", "\"Unigram\"", "model.type: found \"Unigram\"; allowed: BPE")]
    [InlineData("model.type", "\"WordPiece\"", "model.type: found \"WordPiece\"; allowed: BPE")]
    [InlineData("model.dropout", "0.1", "model.dropout: found 0.1; allowed: null, 0")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "model.continuing_subword_prefix: found \"##\"; allowed: null, \"\"")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix: found \"</w>\"; allowed: null, \"\"")]
    [InlineData("model.byte_fallback", "1", "model.byte_fallback: found 1; allowed: true, false")]
    [InlineData("model.ignore_merges", "\"yes\"", "model.ignore_merges: found \"yes\"; allowed: true, false")]
    [InlineData("model.unk_token", "\"?\"", "model.unk_token: found \"?\"; allowed: null or a token of model.vocab")]
    [InlineData("model.vocab", null, "model.vocab: missing")]
    [InlineData("model.vocab", "[]", "model.vocab: found a list; allowed: an object of tokens and their ids")]
    [InlineData("model.vocab", "{}", "model.vocab: found no tokens; at least one is needed")]
    [InlineData("model.vocab", """{"a": -1}""", "model.vocab[\"a\"]: found -1; allowed: 0 to 16000000")]
    [InlineData("model.vocab", """{"a": 1.5}""", "model.vocab[\"a\"]: found 1.5; allowed: a whole number")]
    [InlineData("model.vocab", """{"a": 999999999}""", "model.vocab[\"a\"]: found 999999999; allowed: 0 to 16000000")]
    [InlineData("model.vocab", """{"a": 0, "b": 0}""", "model.vocab[\"b\"]: found id 0, which another token has too; each id may be given once")]
    [InlineData("model.merges", null, "model.merges: missing")]
    [InlineData("model.merges", "{}", "model.merges: found an object; allowed: a list of merges")]
    [InlineData("model.merges", """["a b", "a  b"]""", "model.merges[1]: found \"a  b\"; allowed: \"left right\", [\"left\", \"right\"]")]
    [InlineData("model.merges", """["ab"]""", "model.merges[0]: found \"ab\"; allowed: \"left right\", [\"left\", \"right\"]")]
    [InlineData("model.merges", """[["a", "b", "c"]]""", "model.merges[0]: found a list; allowed: \"left right\", [\"left\", \"right\"]")]
    [InlineData("model.merges", """["a b", "a x"]""", "model.merges[1]: found \"x\", which model.vocab does not hold")]
    [InlineData("model.merges", """["b c"]""", "model.merges[0]: found \"bc\", which model.vocab does not hold")]
    public void A_model_that_is_not_BPE_as_these_families_have_it_is_refused(string path, string? json, string message) => AssertRefused(path, json, message);

    [Theory]
    [InlineData("normalizer", """{"type": "Lowercase"}""", "normalizer.type: found \"Lowercase\"; allowed: NFC, Prepend, Replace, Sequence")]
    [InlineData("normalizer", "{}", "normalizer.type: missing")]
    [InlineData("normalizer", """{"type": "Prepend"}""", "normalizer.prepend: missing")]
    [InlineData("normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKC"}]}""", "normalizer.normalizers[1].type: found \"NFKC\"; allowed: NFC, Prepend, Replace, Sequence")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {}, "content": ""}""", "normalizer.pattern.Regex: missing")]
    [InlineData("pre_tokenizer", """{"type": "Whitespace"}""", "pre_tokenizer.type: found \"Whitespace\"; allowed: ByteLevel, Digits, Metaspace, Punctuation, Sequence, Split")]
    [InlineData("pre_tokenizer", """{"type": "Sequence", "pretokenizers": 5}""", "pre_tokenizer.pretokenizers: found 5; allowed: a list")]
    [InlineData("pre_tokenizer", """{"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Kept"}""", "pre_tokenizer.behavior: found \"Kept\"; allowed: Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous")]
    [InlineData("pre_tokenizer", """{"type": "Split", "pattern": {"Regex": "a(?=b"}, "behavior": "Removed"}""", "pre_tokenizer.pattern.Regex: found a pattern that is not supported: a group without its end at character 6")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "__"}""", "pre_tokenizer.replacement: found \"__\"; allowed: one character")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "prepend_scheme": "last"}""", "pre_tokenizer.prepend_scheme: found \"last\"; allowed: always, first, never")]
    [InlineData("decoder", null, "decoder: missing")]
    [InlineData("decoder", """{"type": "WordPiece"}""", "decoder.type: found \"WordPiece\"; allowed: ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip")]
    [InlineData("decoder", """{"type": "Replace", "pattern": {"String": ""}, "content": " "}""", "decoder.pattern.String: found \"\"; allowed: at least one character")]
    [InlineData("decoder", """{"type": "Strip", "content": "_", "start": 1, "stop": 0}""", "decoder.content: found \"_\"; allowed: \" \"")]
    [InlineData("decoder", """{"type": "Strip", "content": " ", "start": 1, "stop": 1}""", "decoder.stop: found 1; allowed: 0")]
    [InlineData("added_tokens", "{}", "added_tokens: found an object; allowed: a list")]
    [InlineData("added_tokens", """[{"id": 7, "content": ""}]""", "added_tokens[0].content: found \"\"; allowed: at least one character")]
    [InlineData("added_tokens", """[{"content": "x"}]""", "added_tokens[0].id: missing")]
    [InlineData("added_tokens", """[{"id": 7, "content": "x"}, {"id": "8", "content": "y"}]""", "added_tokens[1].id: found \"8\"; allowed: a whole number")]
    [InlineData("added_tokens", """[{"id": 7, "content": "x", "lstrip": "no"}]""", "added_tokens[0].lstrip: found \"no\"; allowed: true, false")]
    public void A_section_that_is_not_supported_is_refused_by_its_field(string path, string? json, string message) => AssertRefused(path, json, message);

    [Theory]
    [InlineData("normalizer", "normalizers", """{"type": "NFC"}""")]
    [InlineData("pre_tokenizer", "pretokenizers", """{"type": "Digits"}""")]
    [InlineData("decoder", "decoders", """{"type": "Fuse"}""")]
    public void A_section_of_too_many_steps_is_refused_at_the_first_too_many(string section, string list, string step)
    {
        AssertRefused(section, Sequence(list, step, 65), $"{section}.{list}[64]: found a step more; allowed: 64");
        var inner = Sequence(list, step, 40);
        AssertRefused(section, Sequence(list, inner, 2), $"{section}.{list}[1].{list}[24]: found a step more; allowed: 64");
    }

    [Theory]
    [InlineData("normalizer", "normalizers", """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""", "normalizer.normalizers[8]")]
    [InlineData("normalizer", "normalizers", """{"type": "Prepend", "prepend": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", "normalizer.normalizers[2]")]
    [InlineData("pre_tokenizer", "pretokenizers", """{"type": "ByteLevel", "use_regex": false}""", "pre_tokenizer")]
    [InlineData("decoder", "decoders", """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""", "decoder.decoders[8]")]
    public void Steps_that_would_fill_any_memory_are_given_up(string section, string list, string step, string place)
    {
        const string Allowed = "found a step that makes a text too long; allowed: a text of 16 times as many characters, and 256 more";
        var fault = Assert.Throws<InputError>(() => SmallTokenizer.With(section, Sequence(list, step, 60)).Encode("a"));
        Assert.EndsWith($"tokenizer.json {place}: {Allowed}", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "tokenizer.json: not JSON at line 1, byte 1: The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true.")]
    [InlineData("{\n  \"model\": }", "tokenizer.json: not JSON at line 2, byte 12: '}' is an invalid start of a value.")]
    [InlineData("""{"model": {"vocab": {"\ud800": 0}}}""", "tokenizer.json: not JSON at line 1, byte 23: found \\ud800, half of a surrogate pair.")]
    [InlineData("[]", "tokenizer.json: found a list; allowed: an object")]
    [InlineData("""{"model": {"vocab": {"a": 0, "a": 1}, "merges": []}, "decoder": {"type": "Fuse"}}""", "tokenizer.json model.vocab[\"a\"]: found twice; each token may be listed once")]
    public void A_file_that_is_broken_is_refused_by_its_place(string file, string message) =>
        Assert.EndsWith(Path.DirectorySeparatorChar + message, Assert.Throws<InputError>(() => TokenizerGolden.Read(file)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_missing_is_named() =>
        Assert.Equal(
            "nowhere/tokenizer.json: not found; a model folder needs a tokenizer.json",
            Assert.Throws<InputError>(() => Tokenizer.Load("nowhere/tokenizer.json")).Message);

    private static string Sequence(string list, string step, int steps) =>
        $$"""{"type": "Sequence", "{{list}}": [{{string.Join(", ", Enumerable.Repeat(step, steps))}}]}""";

    private static void AssertRefused(string path, string? json, string message) =>
        Assert.EndsWith(
            $"{Path.DirectorySeparatorChar}tokenizer.json {message}",
            Assert.Throws<InputError>(() => SmallTokenizer.With(path, json)).Message,
            StringComparison.Ordinal);
}
