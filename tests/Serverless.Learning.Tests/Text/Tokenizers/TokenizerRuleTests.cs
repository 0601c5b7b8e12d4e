namespace Serverless.Learning.Tests.Text.Tokenizers;
/// <summary>Rules that are Hugging Face's, or its documented exceptions, seen on tokenizers of a handful of tokens.</summary>
public sealed class TokenizerRuleTests
{
    [Theory]
    [InlineData("""["a b", "ab c"]""", "abc", new[] { 4 })]
    [InlineData("""[["a", "b"], ["ab", "c"]]""", "abc", new[] { 4 })]
    [InlineData("""["ab c"]""", "abc", new[] { 0, 1, 2 })]
    [InlineData("[]", "abc", new[] { 0, 1, 2 })]
    [InlineData("""["a b", "ab c"]""", "abcabab", new[] { 4, 3, 3 })]
    public void Merges_are_read_in_both_notations_and_applied_by_rank(string merges, string text, int[] ids) =>
        Assert.Equal(ids, SmallTokenizer.With("model.merges", merges).Encode(text));

    [Fact]
    public void A_word_that_is_a_token_needs_no_merges_when_they_are_ignored()
    {
        var ignoring = SmallTokenizer.With("model", """{"vocab": {"a": 0, "b": 1, "ba": 2}, "merges": [], "ignore_merges": true}""");
        var merging = SmallTokenizer.With("model", """{"vocab": {"a": 0, "b": 1, "ba": 2}, "merges": []}""");
        Assert.Equal([2], ignoring.Encode("ba"));
        Assert.Equal([1, 0], merging.Encode("ba"));
        // The whole word only, not a part of it.
        Assert.Equal([1, 0, 0], ignoring.Encode("baa"));
    }

    [Theory]
    [InlineData("\"<unk>\"", false, new[] { 0, 6, 6, 1 })]
    [InlineData("\"<unk>\"", true, new[] { 0, 6, 1 })]
    [InlineData("null", false, new[] { 3 })]
    public void A_character_without_a_token_is_unknown_or_left_out(string unknown, bool fuses, int[] ids)
    {
        var model = $$"""{"vocab": {"a": 0, "b": 1, "ab": 3, "<unk>": 6}, "merges": ["a b"], "unk_token": {{unknown}}, "fuse_unk": {{(fuses ? "true" : "false")}}}""";
        Assert.Equal(ids, SmallTokenizer.With("model", model).Encode("axyb"));
        // A long stretch, which is cut before it is merged, follows the same rule.
        Assert.Equal([.. Enumerable.Repeat(ids, 30).SelectMany(one => one)], SmallTokenizer.With("model", model).Encode(string.Concat(Enumerable.Repeat("axyb", 30))));
    }

    [Fact]
    public void A_character_falls_back_to_bytes_only_if_all_of_them_are_tokens()
    {
        var tokenizer = SmallTokenizer.With("model", """{"vocab": {"<unk>": 0, "<0xC3>": 1, "<0xA9>": 2}, "merges": [], "unk_token": "<unk>", "byte_fallback": true}""");
        Assert.Equal([1, 2, 0, 1, 2], tokenizer.Encode("éèé"));
    }

    [Fact]
    public void A_special_token_is_found_as_it_is_written_whatever_the_normalizer_does()
    {
        var tokenizer = SmallTokenizer.With("normalizer", """{"type": "Prepend", "prepend": "▁"}""");
        Assert.Equal([7, 5, 3], tokenizer.Encode("<s>ab", parseSpecial: true));
        Assert.Equal([5, 3, 7, 5, 0], tokenizer.Encode("ab<s>a", parseSpecial: true));
    }

    [Fact]
    public void Special_tokens_are_parsed_only_where_the_caller_says_so()
    {
        var tokenizer = TokenizerGolden.Load("qwen2");
        var end = tokenizer.IdOf("<|im_end|>")!.Value;
        const string Twice = "<|im_end|>x<|im_end|>";
        List<(int, int)> asked = [];
        var ids = tokenizer.Encode(Twice, (start, length) =>
        {
            asked.Add((start, length));
            return start > 0;
        });
        Assert.Equal([(0, 10), (11, 10)], asked);
        Assert.Equal([.. tokenizer.Encode("<|im_end|>x"), end], ids);
    }

    [Fact]
    public void Added_tokens_that_are_not_special_are_found_in_ordinary_text()
    {
        var tokenizer = TokenizerGolden.Load("qwen3");
        var (think, call) = (tokenizer.IdOf("<think>")!.Value, tokenizer.IdOf("<tool_call>")!.Value);
        Assert.Equal([think, call], tokenizer.Encode("<think><tool_call>"));
        Assert.Equal((false, true), (tokenizer.IsSpecial(think), tokenizer.IsSpecial(tokenizer.IdOf("<|im_end|>")!.Value)));
        Assert.Equal("<think>", tokenizer.Decode([think]));
    }

    [Fact]
    public void An_added_token_has_the_last_word_on_an_id_and_ids_may_have_gaps()
    {
        var tokenizer = SmallTokenizer.With("added_tokens", """[{"id": 4, "content": "[X]"}, {"id": 11, "content": "[Y]", "special": true}]""");
        Assert.Equal(("[X]", 4, 12), (tokenizer.TokenOf(4), tokenizer.IdOf("[X]"), tokenizer.VocabularySize));
        Assert.Equal((true, false, false), (tokenizer.HasToken(11), tokenizer.HasToken(9), tokenizer.HasToken(12)));
        Assert.Null(tokenizer.IdOf("[Z]"));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenOf(9));
        Assert.Equal("a[Y]", tokenizer.Decode([0, 9, 11, 99, -1], skipSpecial: false));
    }

    [Fact]
    public void One_tokenizer_serves_many_threads()
    {
        var tokenizer = TokenizerGolden.Load("llama-3");
        var texts = Enumerable.Range(0, 400).Select(seed => RandomText.Of(seed, 500)).ToArray();
        var alone = texts.Select(text => tokenizer.Encode(text)).ToArray();
        var fresh = TokenizerGolden.Load(TokenizerGolden.FileOf("llama-3"));
        var together = new int[texts.Length][];
        using var start = new Barrier(4);
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            start.SignalAndWait();
            for (var i = number; i < texts.Length; i += 4)
                together[i] = fresh.Encode(texts[i]);
        }))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.Equal(alone, together);
    }
}
