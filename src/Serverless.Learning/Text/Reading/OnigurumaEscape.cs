using System.Globalization;

namespace Serverless.Learning.Text.Reading;

/// <summary>What stands after a backslash in one of Oniguruma's expressions, for .NET.</summary>
internal static class OnigurumaEscape
{
    /// <summary>Reads from the character after the backslash on.</summary>
    /// <param name="word">What a word's characters are, as the content of a class.</param>
    /// <exception cref="ArgumentException">It is not supported.</exception>
    internal static string Read(string pattern, ref int at, string word, bool inClass)
    {
        var begin = at - 1;
        if (at == pattern.Length)
            throw OnigurumaPattern.Unsupported(begin, "a backslash with nothing after it");
        var letter = pattern[at++];
        switch (letter)
        {
            case 'd' or 'D' or 's' or 'S' or 't' or 'n' or 'r' or 'f' or 'v' or 'a' or 'e':
                return $@"\{letter}";
            case 'w':
                return inClass ? word : $"[{word}]";
            case 'b' when inClass:
                return @"\b";
            case 'W' or 'b' or 'B' or 'A' or 'z' or 'Z' when !inClass:
                return letter switch
                {
                    'W' => $"[^{word}]",
                    'b' => $"(?:(?<=[{word}])(?![{word}])|(?<![{word}])(?=[{word}]))",
                    'B' => $"(?:(?<=[{word}])(?=[{word}])|(?<![{word}])(?![{word}]))",
                    _ => $@"\{letter}",
                };
            case 'p' or 'P' when OnigurumaPatternParts.Category().Match(pattern, at) is { Success: true } category:
                at += category.Length;
                return $@"\{(category.Groups["negated"].Length == 0 == (letter == 'p') ? 'p' : 'P')}{{{category.Groups["name"].Value}}}";
            case 'x' or 'u' when OnigurumaPatternParts.CodePoint().Match(pattern, at) is { Success: true } code:
                at += code.Length;
                var unit = ushort.Parse(code.Groups["code"].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                return char.IsSurrogate((char)unit) ? throw OnigurumaPattern.Unsupported(begin, "half a character") : $@"\u{unit:X4}";
            case '<' or '\'':
                // .NET would read them as the beginning of a reference to a group.
                return letter.ToString();
            case var mark when char.IsAscii(mark) && !char.IsAsciiLetterOrDigit(mark) && mark != '_':
                return $@"\{mark}";
            case var itself when itself == '_' || !char.IsAscii(itself) && !char.IsSurrogate(itself):
                return itself.ToString();
            default:
                throw OnigurumaPattern.Unsupported(begin, $"'{Named(pattern.AsSpan(begin))}'");
        }
    }

    /// <summary>The escape with what stands in braces after it, if that is short.</summary>
    private static ReadOnlySpan<char> Named(ReadOnlySpan<char> escape)
    {
        const int LongestName = 32;
        var end = escape is ['\\', _, '{', ..] ? escape.IndexOf('}') : -1;
        return escape[..(end is > 0 and < LongestName ? end + 1 : 2)];
    }
}
