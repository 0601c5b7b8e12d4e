using System.Diagnostics;
using System.Text;
using Serverless.Learning.Text.Normalizers;

namespace Serverless.Learning.Tests.Text.Tokenizers;

/// <summary>Encoding takes time in proportion to the text, whatever the text. The bound is far above what it takes on a busy machine, and far below anything quadratic.</summary>
public sealed class ThroughputTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData("qwen2")]
    [InlineData("llama-3")]
    [InlineData("llama-2")]
    [InlineData("gemma")]
    public void A_megabyte_of_mixed_text_encodes_and_decodes_in_a_moment(string family) => AssertQuick(family, Mixed());

    [Theory]
    [InlineData("qwen2", "letters")]
    [InlineData("llama-2", "letters")]
    [InlineData("gpt-2", "spaces")]
    [InlineData("qwen2", "spaces")]
    [InlineData("gemma", "spaces")]
    [InlineData("llama-3", "new lines")]
    [InlineData("qwen2", "marks")]
    public void A_text_without_words_takes_no_longer(string family, string kind) => AssertQuick(family, kind switch
    {
        "letters" => string.Concat(Enumerable.Range(0, 300_000).Select(i => (char)('a' + (i * 7919L >> 3) % 26))),
        "spaces" => new string(' ', 150_000) + "x" + new string(' ', 150_000),
        "new lines" => string.Concat(Enumerable.Repeat(" \n", 150_000)),
        // Combining marks of two classes, which the normal form sorts.
        _ => NfcNormalizer.Of("a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 100_000))),
    });

    private static void AssertQuick(string family, string text)
    {
        var tokenizer = TokenizerGolden.Load(family);
        var watch = Stopwatch.StartNew();
        var decoded = tokenizer.Decode(tokenizer.Encode(text));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Bound);
        Assert.Equal(text, decoded);
    }

    private static string Mixed()
    {
        var text = new StringBuilder();
        for (var seed = 0; Encoding.UTF8.GetMaxByteCount(text.Length) < 2_000_000; seed++)
            text.Append("The harbour master counts 1234 boats at noon.\n").Append("def count(boats):\n    return len(boats)\n\n").Append("数据库在港口。").Append(NfcNormalizer.Of(RandomText.Of(seed % 50, 20)));
        return text.ToString();
    }
}
