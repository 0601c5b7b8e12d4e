using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>
/// A regular expression that sees code points. .NET's sees UTF-16 units, so that <c>\p{L}</c> misses every letter beyond the basic plane and
/// <c>.</c> matches half an emoji. Text with surrogates is therefore matched in a shadow of one unit for each code point, in
/// which an astral code point is replaced by a character of the basic plane of the same general category, outside the
/// ranges that published patterns name.
/// </summary>
/// <param name="pattern">In .NET's syntax; perhaps somebody else's, who may have written one that goes back and forth without end.</param>
/// <param name="place">The file and field that it stands in, for errors; null: it is this code's own.</param>
/// <param name="limit">
/// How long one match may take, and all of a text beside 10 µs for each of its characters; null: ten seconds. Published patterns take less than a microsecond for a character.
/// </param>
internal sealed class CodePointRegex(string pattern, string? place = null, TimeSpan? limit = null)
{
    private const int CharactersPerMillisecond = 100;

    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(10);

    private readonly Regex _regex = new(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant, limit ?? MatchLimit);

    /// <summary>Called for each match with its place in UTF-16 units.</summary>
    internal delegate void MatchAction<TState>(ref TState state, int start, int length) where TState : allows ref struct;

    /// <summary>Finds the matches from left to right, as <see cref="Regex.EnumerateMatches(ReadOnlySpan{char})"/> does.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <exception cref="InputError">A match, or all of them, take longer than they may.</exception>
    internal void ForEachMatch<TState>(ReadOnlySpan<char> text, ref TState state, MatchAction<TState> action) where TState : allows ref struct
    {
        try
        {
            MatchAll(text, ref state, action);
        }
        catch (RegexMatchTimeoutException cause)
        {
            throw TooSlow(cause.MatchTimeout, $"at one place of a text of {text.Length} characters", cause);
        }
    }

    private InputError TooSlow(TimeSpan time, string where, Exception? cause = null) => new(
        FormattableString.Invariant($"{place ?? "the tokenizer's own pattern"}: found a pattern that takes more than {time.TotalSeconds} seconds {where}; ")
        + "allowed: one that does not try the same again and again", innerException: cause);

    private void MatchAll<TState>(ReadOnlySpan<char> text, ref TState state, MatchAction<TState> action) where TState : allows ref struct
    {
        // The expression's own clock begins anew at each match.
        var patience = new Patience(LimitOf(text.Length));
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            foreach (var match in _regex.EnumerateMatches(text))
            {
                KeepTo(ref patience, text.Length);
                action(ref state, match.Index, match.Length);
            }
            return;
        }
        var rented = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            var shadow = rented.AsSpan(0, WriteShadow(text, rented));
            // Matches come in order, so one position walks through the text beside the shadow's.
            var (inShadow, inText) = (0, 0);
            foreach (var match in _regex.EnumerateMatches(shadow))
            {
                KeepTo(ref patience, text.Length);
                inText += UnitsOf(text[inText..], match.Index - inShadow);
                var length = UnitsOf(text[inText..], match.Length);
                action(ref state, inText, length);
                (inShadow, inText) = (match.Index + match.Length, inText + length);
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    private long LimitOf(int characters) => (long)_regex.MatchTimeout.TotalMilliseconds + characters / CharactersPerMillisecond;

    private void KeepTo(ref Patience patience, int characters)
    {
        if (patience.IsOver())
            throw TooSlow(TimeSpan.FromMilliseconds(LimitOf(characters)), $"for a text of {characters} characters");
    }

    /// <summary>The character that stands for an astral code point in the shadow: same category, named in no pattern.</summary>
    internal static char StandInFor(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter => '\u10A0',
        UnicodeCategory.LowercaseLetter => '\u2D00',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\uA788',
        UnicodeCategory.OtherLetter => '\uA840',
        UnicodeCategory.NonSpacingMark => '\uA806',
        UnicodeCategory.SpacingCombiningMark => '\uA823',
        UnicodeCategory.EnclosingMark => '\u20DD',
        UnicodeCategory.DecimalDigitNumber => '\uA8D0',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.SpaceSeparator => '\u2000',
        UnicodeCategory.LineSeparator => '\u2028',
        UnicodeCategory.ParagraphSeparator => '\u2029',
        UnicodeCategory.Control => '\u0080',
        UnicodeCategory.Format => '\uFFF9',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.ConnectorPunctuation => '\uFE33',
        UnicodeCategory.DashPunctuation => '\uFE58',
        UnicodeCategory.OpenPunctuation => '\uFE17',
        UnicodeCategory.ClosePunctuation => '\uFE18',
        UnicodeCategory.InitialQuotePunctuation => '\u2E02',
        UnicodeCategory.FinalQuotePunctuation => '\u2E03',
        UnicodeCategory.OtherPunctuation => '\uA874',
        UnicodeCategory.MathSymbol => '\u2A00',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.OtherSymbol => '\uA490',
        _ => '\u0378',
    };

    private static int WriteShadow(ReadOnlySpan<char> text, Span<char> shadow)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
            shadow[length++] = rune.IsBmp ? (char)rune.Value : StandInFor(rune);
        return length;
    }

    /// <summary>How many UTF-16 units the first code points of <paramref name="text"/> take.</summary>
    private static int UnitsOf(ReadOnlySpan<char> text, int codePoints)
    {
        var units = 0;
        for (; codePoints > 0; codePoints--)
            units += char.IsHighSurrogate(text[units]) ? 2 : 1;
        return units;
    }

    /// <summary>A time that is given twice: the process may have stood still for it once.</summary>
    private struct Patience(long milliseconds)
    {
        private long _deadline = Environment.TickCount64 + milliseconds;
        private bool _isSecond;

        public bool IsOver()
        {
            if (Environment.TickCount64 <= _deadline) return false;
            if (_isSecond) return true;
            (_isSecond, _deadline) = (true, Environment.TickCount64 + milliseconds);
            return false;
        }
    }
}
