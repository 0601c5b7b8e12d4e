using System.Buffers;
using System.Globalization;
using System.Text;

namespace Serverless.Learning.Text.AddedTokens;

/// <summary>Finds added tokens from left to right, the longest at each place, as Hugging Face's tokenizers do.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<(int Node, char Unit), int> _children = [];
    private readonly Dictionary<int, AddedToken> _endings = [];
    private readonly SearchValues<char> _firstUnits;

    /// <param name="tokens">What to look for, and the token that it stands for.</param>
    internal AddedTokenFinder(IEnumerable<(string Pattern, AddedToken Token)> tokens)
    {
        var nodes = 1;
        foreach (var (pattern, token) in tokens)
        {
            var node = 0;
            foreach (var unit in pattern)
            {
                if (!_children.TryGetValue((node, unit), out var child))
                    _children.Add((node, unit), child = nodes++);
                node = child;
            }
            _endings[node] = token;
        }
        _firstUnits = SearchValues.Create([.. _children.Keys.Where(key => key.Node == 0).Select(key => key.Unit)]);
    }

    /// <summary>Finds the first token at or after <paramref name="start"/>.</summary>
    /// <param name="isSpecialAt">Whether a special token with this start and length counts; otherwise its text is text. Asked once for each, from left to right.</param>
    /// <param name="from">Where the token starts, white space that it takes along included; not before <paramref name="start"/>.</param>
    /// <param name="to">Where it ends, white space that it takes along included.</param>
    internal AddedToken? Find(ReadOnlySpan<char> text, int start, Func<int, int, bool> isSpecialAt, out int from, out int to)
    {
        for (var at = start; ; at++)
        {
            var next = at < text.Length ? text[at..].IndexOfAny(_firstUnits) : -1;
            if (next < 0)
            {
                (from, to) = (text.Length, text.Length);
                return null;
            }
            at += next;
            if (LongestAt(text, at, out var end) is not { } token)
                continue;
            if ((token.SingleWord && !StandsAlone(text, at, end)) || (token.Special && !isSpecialAt(at, end - at)))
            {
                // Nothing is looked for inside a match that does not count.
                at = end - 1;
                continue;
            }
            (from, to) = (at, end);
            while (token.LeftStrip && from > start && char.IsWhiteSpace(text[from - 1]))
                from--;
            while (token.RightStrip && to < text.Length && char.IsWhiteSpace(text[to]))
                to++;
            return token;
        }
    }

    private AddedToken? LongestAt(ReadOnlySpan<char> text, int start, out int end)
    {
        AddedToken? longest = null;
        end = start;
        var node = 0;
        for (var at = start; at < text.Length && _children.TryGetValue((node, text[at]), out node); at++)
        {
            if (!_endings.TryGetValue(node, out var token))
                continue;
            longest = token;
            end = at + 1;
        }
        return longest;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end)
    {
        // At either end of the text what is decoded is U+FFFD, which is no word character.
        _ = Rune.DecodeLastFromUtf16(text[..start], out var before, out _);
        _ = Rune.DecodeFromUtf16(text[end..], out var after, out _);
        return !IsWordCharacter(before) && !IsWordCharacter(after);
    }

    // The regular expressions' \w.
    private static bool IsWordCharacter(Rune character) =>
        Rune.IsLetterOrDigit(character) || Rune.GetUnicodeCategory(character) is UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        || character.Value is 0x200C or 0x200D;
}
