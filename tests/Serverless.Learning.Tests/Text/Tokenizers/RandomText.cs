using System.Text;

namespace Serverless.Learning.Tests.Text.Tokenizers;

/// <summary>Seeded texts of every kind of character: the same seed gives the same text.</summary>
internal static class RandomText
{
    private static readonly (int First, int Last)[] Ranges =
    [
        (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x30, 0x39), (0x00, 0x1F), (0x7F, 0xA0), (0xA1, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF),
        (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x1E00, 0x1FFE), (0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xE0FF),
        (0xFB00, 0xFFFD), (0x10400, 0x1044F), (0x1D400, 0x1D7FF), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F64F), (0x20000, 0x2A6DF), (0xE0100, 0xE01EF), (0x10FFFE, 0x10FFFF),
    ];

    private static readonly string[] Stretches = [" ", "  ", "\n", "\r\n", "\n\n", "\t", "'s", " the ", "\U0001F469\u200D\U0001F469\u200D\U0001F467", "e\u0301", "<|im_end|>", "<s>", "1234", "\u3000"];

    public static string Of(int seed, int length)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < length; i++)
        {
            if (random.Next(5) == 0)
            {
                text.Append(Stretches[random.Next(Stretches.Length)]);
                continue;
            }
            var (first, last) = Ranges[random.Next(Ranges.Length)];
            text.Append(new Rune(random.Next(first, last + 1)));
        }
        return text.ToString();
    }
}
