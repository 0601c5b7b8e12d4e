using System.Text;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.Tokenizers;

/// <summary>What holds of every text that is decoded token by token.</summary>
internal static class Streams
{
    /// <summary>
    /// After every token what was emitted is a beginning of the text, cut between characters; ended there, it is what decoding those tokens at once gives.
    /// </summary>
    public static void AssertWhole(Tokenizer tokenizer, int[] ids, string text)
    {
        var stream = tokenizer.NewStreamingDecoder();
        var emitted = new StringBuilder();
        for (var count = 0; count <= ids.Length; count++)
        {
            if (count > 0)
                emitted.Append(stream.Append(ids[count - 1]));
            var so = emitted.ToString();
            Assert.StartsWith(so, text, StringComparison.Ordinal);
            Assert.True(so.Length == 0 || !char.IsHighSurrogate(so[^1]), $"half of a surrogate pair after {count} tokens of {text}");
            Assert.Equal(tokenizer.Decode(ids.AsSpan(0, count)), Ended(tokenizer, ids.AsSpan(0, count)));
        }
        Assert.Equal("", stream.Flush());
        Assert.Equal(text, emitted.ToString());
    }

    /// <summary>Tokens one by one, then the end.</summary>
    public static string Ended(Tokenizer tokenizer, ReadOnlySpan<int> ids)
    {
        var stream = tokenizer.NewStreamingDecoder();
        var emitted = new StringBuilder();
        foreach (var id in ids)
            emitted.Append(stream.Append(id));
        return emitted.Append(stream.Flush()).ToString();
    }
}
