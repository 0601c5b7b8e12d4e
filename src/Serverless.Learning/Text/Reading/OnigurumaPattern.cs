using System.Globalization;
using System.Text;

namespace Serverless.Learning.Text.Reading;

/// <summary>
/// Translates the regular expressions of tokenizer.json, which Oniguruma reads (Ruby's syntax, documented in its file RE), into .NET's. What
/// both read alike stays; what .NET would read differently is written otherwise, and what is not known here is refused: a pattern that is
/// misread cuts texts at other places than the model learned, and nobody notices.
/// </summary>
internal sealed class OnigurumaPattern
{
    /// <summary>The most characters of a pattern; published ones have a few hundred.</summary>
    private const int LongestPattern = 16 * 1024;

    /// <summary>What Oniguruma holds to be a word's characters; .NET's <c>\w</c> leaves out most marks.</summary>
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Pc}";

    private const string NoAtom = "a quantifier with nothing to repeat";

    private readonly string _pattern;
    private readonly StringBuilder _written = new();
    private readonly Stack<int> _groups = new();
    private int _at;
    private int _atom = -1;
    private int _groupBegin;

    private OnigurumaPattern(string pattern) => _pattern = pattern;

    private bool IsAtEnd => _at == _pattern.Length;

    /// <summary>The same expression for .NET; its groups do not capture.</summary>
    /// <exception cref="ArgumentException">It holds something that is not supported, which the message names with its place.</exception>
    internal static string Translate(string pattern)
    {
        if (pattern.Length > LongestPattern)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{pattern.Length} characters; allowed: {LongestPattern}"));
        return new OnigurumaPattern(pattern).Translated();
    }

    private string Translated()
    {
        while (!IsAtEnd)
            Next();
        if (_groups.Count > 0)
            throw Unsupported(_pattern.Length, "a group without its end");
        return _written.ToString();
    }

    private void Next()
    {
        var begin = _at++;
        switch (_pattern[begin])
        {
            case '\\':
                Atom(OnigurumaEscape.Read(_pattern, ref _at, Word, inClass: false));
                break;
            case '[':
                Class(begin);
                break;
            case '(':
                Open(begin);
                break;
            case ')':
                if (_groups.Count == 0)
                    throw Unsupported(begin, "')' without a group");
                _atom = _groups.Pop();
                _written.Append(')');
                break;
            // Of any line, whatever the options.
            case '^':
                Atom("(?m:^)");
                break;
            case '$':
                Atom("(?m:$)");
                break;
            case '|':
                _written.Append('|');
                _atom = -1;
                break;
            case '*' or '+' or '?':
                Repeat(begin, _pattern[begin].ToString(), isCount: false);
                break;
            case '{' when OnigurumaPatternParts.Count().Match(_pattern, begin) is { Success: true, Value: var count }:
                _at = begin + count.Length;
                Repeat(begin, count.Replace("{,", "{0,", StringComparison.Ordinal), isCount: true);
                break;
            case var literal:
                Atom(Literal(literal, begin));
                break;
        }
    }

    private void Atom(string written)
    {
        _atom = _written.Length;
        _written.Append(written);
    }

    /// <summary>Writes a quantifier; a possessive one (<c>a++</c>) as an atomic group, which .NET has.</summary>
    private void Repeat(int begin, string quantifier, bool isCount)
    {
        if (_atom < 0)
            throw Unsupported(begin, NoAtom);
        var mark = IsAtEnd ? '\0' : _pattern[_at];
        // Ruby reads {2}? as (?:…{2})?, and {2,3}+ as (?:…{2,3})+.
        if (isCount && (mark == '+' || mark == '?' && !quantifier.Contains(',')))
            throw Unsupported(begin, $"'{quantifier}{mark}'");
        _written.Append(quantifier);
        if (mark is '?' or '+')
            _at++;
        if (mark == '?')
            _written.Append('?');
        if (mark == '+')
            _written.Insert(_atom, "(?>").Append(')');
        // A quantifier of a quantifier has nothing to repeat.
        _atom = -1;
    }

    private void Class(int begin)
    {
        _atom = _written.Length;
        _written.Append('[');
        if (Take('^'))
            _written.Append('^');
        if (Take(']'))
            _written.Append(@"\]");
        while (!Take(']'))
        {
            if (IsAtEnd)
                throw Unsupported(begin, "a class without its end");
            var place = _at++;
            _written.Append(_pattern[place] switch
            {
                '\\' => OnigurumaEscape.Read(_pattern, ref _at, Word, inClass: true),
                // Ruby's nested classes and POSIX brackets; .NET would read the first as a character.
                '[' => throw Unsupported(place, "a class within a class"),
                '&' when !IsAtEnd && _pattern[_at] == '&' => throw Unsupported(place, "an intersection of classes"),
                var literal => Literal(literal, place),
            });
        }
        _written.Append(']');
    }

    private void Open(int begin)
    {
        var kind = OnigurumaPatternParts.Opening().Match(_pattern, begin) is { Success: true } found
            ? found : throw Unsupported(begin, $"the group '{_pattern.AsSpan(begin, Math.Min(4, _pattern.Length - begin))}'");
        _at = begin + kind.Length;
        if (kind.Groups["comment"].Success)
            return;
        if (kind.Groups["options"] is { Success: true, Value: var options })
        {
            // What Ruby calls m is s in .NET: the point matches line feeds.
            options = options.Replace('m', 's');
            if (kind.Value[^1] == ')')
            {
                // Elsewhere Ruby puts all that follows, alternatives included, into a group of its own.
                if (_written.Length != _groupBegin)
                    throw Unsupported(begin, $"'{kind.Value}' in the middle of a pattern");
                _written.Append(CultureInfo.InvariantCulture, $"(?{options})");
                _groupBegin = _written.Length;
                return;
            }
            Group($"(?{options}:");
            return;
        }
        // What a group captured is never asked for.
        Group(kind.Groups["look"] is { Success: true, Value: var look } ? $"(?{look}" : "(?:");
    }

    private void Group(string opening)
    {
        _groups.Push(_written.Length);
        _written.Append(opening);
        _groupBegin = _written.Length;
        _atom = -1;
    }

    private bool Take(char expected)
    {
        if (IsAtEnd || _pattern[_at] != expected)
            return false;
        _at++;
        return true;
    }

    /// <summary>A character that stands for itself; one beyond the basic plane would be two to .NET.</summary>
    private static string Literal(char literal, int place) =>
        char.IsSurrogate(literal) ? throw Unsupported(place, "a character beyond U+FFFF") : literal.ToString();

    internal static ArgumentException Unsupported(int place, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{what} at character {place + 1}"));
}
