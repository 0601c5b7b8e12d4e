using System.Globalization;
using System.Text;

namespace Serverless.Local.Tasks;

/// <summary>
/// One way to say something: text with <c>[this|that]</c> for a choice between wordings and <c>{slot}</c> for a word that varies.
/// </summary>
internal sealed class SentenceFrame(string text)
{
    /// <summary>One sentence of the frame; the same random numbers give the same sentence.</summary>
    /// <param name="random">Source of the choices.</param>
    /// <param name="slots">The words of each slot by name. Order numbers, amounts and codes are drawn, not listed.</param>
    public string Say(Random random, IReadOnlyDictionary<string, string[]> slots) => Say(text, random, slots);

    private static string Say(string text, Random random, IReadOnlyDictionary<string, string[]> slots)
    {
        var sentence = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('[' or '{'))
            {
                sentence.Append(text[i]);
                continue;
            }
            var end = text.IndexOf(text[i] == '[' ? ']' : '}', i);
            var inner = text[(i + 1)..end];
            sentence.Append(text[i] == '[' ? Say(Pick(random, inner.Split('|')), random, slots) : Word(inner, random, slots));
            i = end;
        }
        return sentence.ToString();
    }

    private static string Word(string slot, Random random, IReadOnlyDictionary<string, string[]> slots) => slot switch
    {
        "order" => $"order {Number(random)}",
        "Order" => $"Order {Number(random)}",
        "number" => Number(random),
        "amount" => string.Create(CultureInfo.InvariantCulture, $"${random.Next(9, 400)}.{random.Next(10)}0"),
        "code" => $"{(char)('A' + random.Next(26))}{random.Next(100, 1000)}",
        _ => Pick(random, slots[slot]),
    };

    private static string Number(Random random) => random.Next(10_000, 100_000).ToString(CultureInfo.InvariantCulture);

    private static string Pick(Random random, string[] words) => words[random.Next(words.Length)];
}
