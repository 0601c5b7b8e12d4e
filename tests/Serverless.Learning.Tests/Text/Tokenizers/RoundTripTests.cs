using Serverless.Learning.Text.Normalizers;

namespace Serverless.Learning.Tests.Text.Tokenizers;

public sealed class RoundTripTests
{
    private const int Texts = 300;

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("llama-3")]
    [InlineData("smollm2")]
    [InlineData("deepseek-v3")]
    [InlineData("phi-4-mini")]
    [InlineData("mistral-nemo")]
    [InlineData("split MergedWithPrevious")]
    [InlineData("split MergedWithNext, inverted")]
    [InlineData("split Contiguous")]
    [InlineData("llama-2")]
    [InlineData("gemma")]
    public void Decoding_gives_back_any_text(string family)
    {
        var tokenizer = TokenizerGolden.Load(family);
        for (var seed = 0; seed < Texts; seed++)
        {
            var text = RandomText.Of(seed, 1 + seed % 40);
            var ids = tokenizer.Encode(text);
            Assert.Equal(text, tokenizer.Decode(ids, skipSpecial: false));
            Assert.DoesNotContain(ids, tokenizer.IsSpecial);
        }
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void Decoding_gives_back_the_normal_form_of_any_text(string family)
    {
        var tokenizer = TokenizerGolden.Load(family);
        for (var seed = 0; seed < Texts; seed++)
        {
            var normal = NfcNormalizer.Of(RandomText.Of(seed, 1 + seed % 40));
            Assert.Equal(normal, tokenizer.Decode(tokenizer.Encode(RandomText.Of(seed, 1 + seed % 40)), skipSpecial: false));
            Assert.Equal(tokenizer.Encode(normal), tokenizer.Encode(RandomText.Of(seed, 1 + seed % 40)));
        }
    }

    [Fact]
    public void Halves_of_surrogate_pairs_count_as_replacement_characters()
    {
        var tokenizer = TokenizerGolden.Load("llama-3");
        foreach (var (broken, read) in new[] { ("a\ud83d", "a\ufffd"), ("\ude00b", "\ufffdb"), ("\ud83d\ud83d\ude00\ude00", "\ufffd\U0001F600\ufffd") })
        {
            Assert.Equal(tokenizer.Encode(read), tokenizer.Encode(broken));
            Assert.Equal(read, tokenizer.Decode(tokenizer.Encode(broken)));
        }
    }
}
