using System.Globalization;
using System.Text;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Splits the inside of a tag into names, literals and operators.</summary>
internal sealed class ExpressionLexer(string source, int position, int line, string end, List<Token> tokens)
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", "=", ">", "<", ".", ":", "|", ",", ";"];

    private readonly Stack<char> _open = new();

    /// <summary>The next character to be read.</summary>
    public int Position { get; private set; } = position;

    /// <summary>The line of that character, from 1.</summary>
    public int Line { get; private set; } = line;

    private ReadOnlySpan<char> Rest => source.AsSpan(Position);

    /// <summary>Reads up to and including the end of the tag; gives the sign before it, or a space.</summary>
    public char ReadToEnd()
    {
        while (true)
        {
            SkipSpace();
            if (Rest.IsEmpty)
                throw new SyntaxError(Line, $"found the end of the template inside a tag; expected '{end}'");
            if (_open.Count == 0 && EndSign() is { } sign)
                return sign;
            Next();
        }
    }

    private char? EndSign()
    {
        var sign = Rest[0] is '-' or '+' ? Rest[0] : ' ';
        if (!Rest[(sign == ' ' ? 0 : 1)..].StartsWith(end, StringComparison.Ordinal) || (sign == '+' && end == "}}"))
            return null;
        Position += end.Length + (sign == ' ' ? 0 : 1);
        return sign;
    }

    private void Next()
    {
        var first = Rest[0];
        if (char.IsAsciiDigit(first))
            Number();
        else if (first is '"' or '\'')
            String(first);
        else if (char.IsLetter(first) || first == '_')
            Add(TokenKind.Name, Length(unit => char.IsLetterOrDigit(unit) || unit == '_'));
        else
            Operator();
    }

    private void Operator()
    {
        foreach (var symbol in Operators)
        {
            if (!Rest.StartsWith(symbol, StringComparison.Ordinal))
                continue;
            if (symbol is "(" or "[" or "{")
                _open.Push(symbol[0]);
            else if (symbol is ")" or "]" or "}" && !(_open.TryPop(out var open) && (open, symbol[0]) is ('(', ')') or ('[', ']') or ('{', '}')))
                throw new SyntaxError(Line, $"found '{symbol}' without its opening bracket");
            Add(TokenKind.Operator, symbol.Length);
            return;
        }
        Rune.DecodeFromUtf16(Rest, out var rune, out _);
        throw new SyntaxError(Line, $"found '{rune}', which no expression has");
    }

    private void Number()
    {
        var length = Length(unit => char.IsAsciiDigit(unit) || unit == '_');
        var isFloat = false;
        if (Unit(length) == '.' && char.IsAsciiDigit(Unit(length + 1)))
        {
            isFloat = true;
            length += 1 + Length(unit => char.IsAsciiDigit(unit) || unit == '_', length + 1);
        }
        if (Unit(length) is 'e' or 'E')
        {
            var sign = Unit(length + 1) is '+' or '-' ? 1 : 0;
            var digits = Length(char.IsAsciiDigit, length + 1 + sign);
            if (digits > 0)
            {
                isFloat = true;
                length += 1 + sign + digits;
            }
        }
        Add(isFloat ? TokenKind.Float : TokenKind.Integer, length);
    }

    private void String(char quote)
    {
        var (line, text) = (Line, new StringBuilder());
        Position++;
        while (!Rest.IsEmpty && Rest[0] != quote)
        {
            if (Rest[0] == '\\' && Rest.Length > 1)
                Escape(text);
            else
                text.Append(Take(1));
        }
        if (Rest.IsEmpty)
            throw new SyntaxError(line, $"found a string without its closing {quote}");
        Position++;
        tokens.Add(new Token(TokenKind.String, text.ToString(), line));
    }

    private void Escape(StringBuilder text)
    {
        var kind = Rest[1];
        var digits = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            var raw = Take(2);
            text.Append(kind switch { 'n' => "\n", 't' => "\t", 'r' => "\r", 'b' => "\b", 'f' => "\f", 'v' => "\v", 'a' => "\a", '0' => "\0", '\n' => "", '\\' or '\'' or '"' => kind.ToString(), _ => raw });
            return;
        }
        if (Rest.Length < 2 + digits || !uint.TryParse(Rest.Slice(2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code > 0x10FFFF)
            throw new SyntaxError(Line, $"found '\\{kind}' without {digits} hexadecimal digits of a character");
        Take(2 + digits);
        text.Append(code is >= 0xD800 and <= 0xDFFF or <= 0xFFFF ? ((char)code).ToString() : char.ConvertFromUtf32((int)code));
    }

    private void Add(TokenKind kind, int length) => tokens.Add(new Token(kind, Take(length), Line));

    private string Take(int length)
    {
        var taken = source.Substring(Position, length);
        Line += taken.AsSpan().Count('\n');
        Position += length;
        return taken;
    }

    private void SkipSpace() => Take(Length(TextParts.IsSpace));

    private char Unit(int offset) => offset < Rest.Length ? Rest[offset] : '\0';

    private int Length(Func<char, bool> belongs, int offset = 0)
    {
        var length = 0;
        while (offset + length < Rest.Length && belongs(Rest[offset + length]))
            length++;
        return length;
    }
}
