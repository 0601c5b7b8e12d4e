using System.Globalization;

namespace Serverless.Learning.Sampling.Grammars.Patterns;

/// <summary>
/// Reads the regular expressions of JSON schemas (ECMA-262 with Unicode), as far as they describe regular languages: no look-around, no back references, no word
/// boundaries, no classes by Unicode property.
/// </summary>
internal sealed class PatternParser
{
    private const int MaxCount = 1000, MaxDepth = 64;

    private readonly string _pattern;
    private int _at, _depth;

    private PatternParser(string pattern) => _pattern = pattern;

    /// <exception cref="FormatException">It is no such expression; the message says what is wrong and where.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        var node = parser.ParseEither();
        return parser._at == pattern.Length ? node : throw parser.Wrong("unmatched ')'");
    }

    private PatternNode ParseEither()
    {
        if (++_depth > MaxDepth) throw Wrong($"groups nested deeper than {MaxDepth} levels");
        var parts = new List<PatternNode> { ParseSequence() };
        while (Take('|')) parts.Add(ParseSequence());
        _depth--;
        return parts.Count == 1 ? parts[0] : new PatternNode.Either(parts);
    }

    private PatternNode.Sequence ParseSequence()
    {
        var parts = new List<PatternNode>();
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')')) parts.Add(ParseRepeated());
        return new PatternNode.Sequence(parts);
    }

    private PatternNode ParseRepeated()
    {
        var (part, repeats) = (ParseOne(), 0);
        while (_at < _pattern.Length && _pattern[_at] is '*' or '+' or '?' or '{')
        {
            if (part is PatternNode.Anchor) throw Wrong("nothing to repeat");
            if (++repeats > MaxDepth) throw Wrong($"a repetition of more than {MaxDepth} repetitions");
            var (minimum, maximum) = ParseCount();
            // Laziness chooses among matches and changes nothing about what matches.
            Take('?');
            part = new PatternNode.Repeated(part, minimum, maximum);
            if (_at >= _pattern.Length) break;
        }
        return part;
    }

    private (int Minimum, int? Maximum) ParseCount()
    {
        if (Take('*')) return (0, null);
        if (Take('+')) return (1, null);
        if (Take('?')) return (0, 1);
        var end = _pattern.IndexOf('}', _at);
        var parts = end < 0 ? [] : _pattern[(_at + 1)..end].Split(',');
        if (parts.Length is < 1 or > 2 || !Number(parts[0], out var minimum)) throw Wrong("'{' without a count");
        _at = end + 1;
        if (parts.Length == 1) return (minimum, minimum);
        if (parts[1].Length == 0) return (minimum, null);
        return Number(parts[1], out var maximum) && maximum >= minimum ? (minimum, maximum) : throw Wrong("a count of wrong order or above 1000");

        static bool Number(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= MaxCount;
    }

    private PatternNode ParseOne()
    {
        var symbol = NextRune();
        switch (symbol)
        {
            case '^':
                return new PatternNode.Anchor(IsEnd: false);
            case '$':
                return new PatternNode.Anchor(IsEnd: true);
            case '.':
                return new PatternNode.One(CodePointSet.Dot);
            case '(':
                return ParseGroup();
            case '[':
                return new PatternNode.One(ParseClass());
            case '\\':
                return new PatternNode.One(ParseEscape(inClass: false));
            case '*' or '+' or '?' or '{':
                throw Wrong("nothing to repeat");
            default:
                return new PatternNode.One(CodePointSet.Of((symbol, symbol)));
        }
    }

    private PatternNode ParseGroup()
    {
        if (Take('?'))
        {
            if (Take('<') && _at < _pattern.Length && _pattern[_at] is not ('=' or '!'))
                _at = _pattern.IndexOf('>', _at) is >= 0 and var end ? end + 1 : throw Wrong("a group's name without its end");
            else if (!Take(':')) throw Wrong("look-around and other extensions of groups are not supported");
        }
        var inner = ParseEither();
        return Take(')') ? inner : throw Wrong("unmatched '('");
    }

    private CodePointSet ParseClass()
    {
        var inverted = Take('^');
        var ranges = new List<(int, int)>();
        while (!Take(']'))
        {
            var first = ParseMember();
            if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']' && first.Ranges is [var (low, same)] && low == same)
            {
                _at++;
                var last = ParseMember();
                if (last.Ranges is not [var (high, alsoHigh)] || high != alsoHigh || high < low) throw Wrong("a range of wrong order");
                ranges.Add((low, high));
                continue;
            }
            ranges.AddRange(first.Ranges);
        }
        var set = CodePointSet.Of(ranges);
        return inverted ? set.Inverted() : set;
    }

    private CodePointSet ParseMember()
    {
        var symbol = NextRune();
        return symbol == '\\' ? ParseEscape(inClass: true) : CodePointSet.Of((symbol, symbol));
    }

    private CodePointSet ParseEscape(bool inClass)
    {
        var symbol = NextRune();
        return symbol switch
        {
            'd' => CodePointSet.Digit,
            'D' => CodePointSet.Digit.Inverted(),
            'w' => CodePointSet.Word,
            'W' => CodePointSet.Word.Inverted(),
            's' => CodePointSet.Space,
            'S' => CodePointSet.Space.Inverted(),
            't' => Single('\t'),
            'n' => Single('\n'),
            'r' => Single('\r'),
            'f' => Single('\f'),
            'v' => Single('\v'),
            'b' when inClass => Single('\b'),
            'x' => Single(Hex(2)),
            'u' => Single(Take('{') ? Braced() : Hex(4)),
            '0' => Single(0),
            >= '1' and <= '9' or >= 'a' and <= 'z' or >= 'A' and <= 'Z' => throw Wrong($"the escape '\\{(char)symbol}' is not supported"),
            _ => Single(symbol),
        };

        static CodePointSet Single(int value) => CodePointSet.Of((value, value));
    }

    private int Braced()
    {
        var end = _pattern.IndexOf('}', _at);
        if (end < 0) throw Wrong("unmatched '{'");
        var value = Hex(end - _at);
        _at++;
        return value;
    }

    private int Hex(int digits)
    {
        var text = _pattern.AsSpan(_at, Math.Min(digits, _pattern.Length - _at));
        if (text.Length < digits || !int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value is < 0 or > 0x10FFFF)
            throw Wrong("an escape without its hexadecimal digits");
        _at += digits;
        return value;
    }

    private int NextRune()
    {
        if (_at >= _pattern.Length) throw Wrong("the end comes too early");
        if (!System.Text.Rune.TryGetRuneAt(_pattern, _at, out var rune)) throw Wrong("half of a surrogate pair");
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private bool Take(char symbol)
    {
        if (_at >= _pattern.Length || _pattern[_at] != symbol) return false;
        _at++;
        return true;
    }

    private FormatException Wrong(string what) => new($"{what}, at character {_at}");
}
