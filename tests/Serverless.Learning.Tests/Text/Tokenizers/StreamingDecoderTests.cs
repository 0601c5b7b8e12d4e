namespace Serverless.Learning.Tests.Text.Tokenizers;

public sealed class StreamingDecoderTests
{
    public static TheoryData<string> Families => TokenizerGolden.Families;

    [Theory]
    [MemberData(nameof(Families))]
    public void A_stream_cut_at_any_token_emits_whole_characters(string family)
    {
        var tokenizer = TokenizerGolden.Load(family);
        foreach (var entry in TokenizerGolden.CasesOf(family))
            Streams.AssertWhole(tokenizer, entry.Ids, entry.Skipped);
    }

    [Theory]
    [InlineData("llama-3")]
    [InlineData("llama-2")]
    [InlineData("gemma")]
    public void Tokens_of_a_character_are_held_back_until_its_last_one(string family)
    {
        var tokenizer = TokenizerGolden.Load(family);
        // No merge and no token of its own: one token for each of its four bytes.
        var ids = tokenizer.Encode("\U0010FFFE")[^4..];
        var stream = tokenizer.NewStreamingDecoder();
        Assert.Equal(["", "", "", "\U0010FFFE"], ids.Select(stream.Append));
        Assert.Equal("", stream.Flush());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Any_tokens_in_any_order_give_the_same_text_in_pieces_as_at_once(string family)
    {
        var tokenizer = TokenizerGolden.Load(family);
        var random = new Random(family.Length);
        for (var round = 0; round < 50; round++)
        {
            // Mostly tokens of single bytes, which make broken characters; some ids that no token has.
            var ids = Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(4) == 0 ? random.Next(tokenizer.VocabularySize + 9) : random.Next(131, 259)).ToArray();
            Assert.Equal(tokenizer.Decode(ids), Streams.Ended(tokenizer, ids));
        }
    }

    [Fact]
    public void A_character_that_never_ends_becomes_one_replacement_character_at_the_end()
    {
        var tokenizer = TokenizerGolden.Load("llama-3");
        var stream = tokenizer.NewStreamingDecoder();
        Assert.Equal(["", ""], tokenizer.Encode("\U0010FFFE")[..2].Select(stream.Append));
        Assert.Equal("\ufffd", stream.Flush());
    }

    [Fact]
    public void Special_tokens_are_left_out_unless_they_are_asked_for()
    {
        var tokenizer = TokenizerGolden.Load("qwen2");
        int start = tokenizer.IdOf("<|im_start|>")!.Value, end = tokenizer.IdOf("<|im_end|>")!.Value;
        Assert.Equal("", tokenizer.NewStreamingDecoder().Append(end));
        Assert.Equal("<|im_end|>", tokenizer.NewStreamingDecoder(skipSpecial: false).Append(end));
        var some = tokenizer.NewStreamingDecoder(written: new HashSet<int> { start });
        Assert.Equal(("<|im_start|>", ""), (some.Append(start), some.Append(end)));
    }

    [Fact]
    public void Only_the_space_before_the_whole_text_is_taken_off()
    {
        var tokenizer = TokenizerGolden.Load("llama-2");
        var stream = tokenizer.NewStreamingDecoder();
        var space = tokenizer.IdOf("▁")!.Value;
        Assert.Equal(["", " ", "a", " "], new[] { space, space, tokenizer.IdOf("a")!.Value, space }.Select(stream.Append));
    }
}
