using System.Text.RegularExpressions;
using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Grading.Similarity;

/// <summary>
/// The words of a text by the rules of NIST's mteval-v13a, which sacrebleu names 13a: punctuation stands apart, except periods and commas
/// between digits, and dashes that no digit precedes.
/// </summary>
internal static partial class MtevalTokenizer
{
    public static List<string> Tokenize(string text)
    {
        var end = text.Length;
        while (end > 0 && TextParts.IsSpace(text[end - 1]))
            end--;
        // The ampersand's own entity comes before the angle brackets': &amp;lt; is < in the end.
        var line = $" {text[..end]} "
            .Replace("<skipped>", "", StringComparison.Ordinal)
            .Replace("-\n", "", StringComparison.Ordinal)
            .Replace('\n', ' ')
            .Replace("&quot;", "\"", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal);
        line = Symbol().Replace(line, " $0 ");
        line = MarkBehindOther().Replace(line, "$1 $2 ");
        line = MarkBeforeOther().Replace(line, " $1 $2");
        line = DashBehindDigit().Replace(line, "$1 $2 ");
        return Words.Split(line);
    }

    /// <summary>All of ASCII's punctuation but the apostrophe, comma, dash and period.</summary>
    [GeneratedRegex(@"[ -&(-+/:-@\[-`{-~]", RegexOptions.CultureInvariant)]
    private static partial Regex Symbol();

    [GeneratedRegex("([^0-9])([.,])", RegexOptions.CultureInvariant)]
    private static partial Regex MarkBehindOther();

    [GeneratedRegex("([.,])([^0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex MarkBeforeOther();

    [GeneratedRegex("([0-9])(-)", RegexOptions.CultureInvariant)]
    private static partial Regex DashBehindDigit();
}
