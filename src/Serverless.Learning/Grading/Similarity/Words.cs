using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Grading.Similarity;

/// <summary>The words of a text.</summary>
internal static class Words
{
    /// <summary>What stands between white space, as Python's <c>str.split()</c> sees it.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length; at++)
        {
            var start = at;
            while (at < text.Length && !TextParts.IsSpace(text[at]))
                at++;
            if (at > start)
                words.Add(text[start..at]);
        }
        return words;
    }

    /// <summary>Runs of the letters a to z and digits, in lower case, as rouge_score has them: text in other scripts has no words.</summary>
    public static List<string> Alphanumeric(string text)
    {
        var words = new List<string>();
        // The one capital whose small form is the Latin letter i with a mark of its own.
        var lower = text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
        for (var at = 0; at < lower.Length; at++)
        {
            var start = at;
            while (at < lower.Length && (char.IsAsciiLetterLower(lower[at]) || char.IsAsciiDigit(lower[at])))
                at++;
            if (at > start)
                words.Add(lower[start..at]);
        }
        return words;
    }
}
