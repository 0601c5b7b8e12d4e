namespace Serverless.Learning.Text.Jinja;

/// <summary>Reads tokens one by one and says what was expected where another stands.</summary>
internal sealed class TokenStream(IReadOnlyList<Token> tokens)
{
    private const int MaxDepth = RenderBudget.MaxDepth / 4;

    private int _position;
    private int _depth;

    public Token Current => tokens[_position];

    public int Line => Current.Line;

    /// <summary>The token that many places ahead, or behind if negative.</summary>
    public Token Peek(int ahead = 1) => tokens[Math.Min(_position + ahead, tokens.Count - 1)];

    public Token Next()
    {
        var token = Current;
        if (token.Kind != TokenKind.End)
            _position++;
        return token;
    }

    /// <summary>Reads an operator if it is the next token.</summary>
    public bool TakeOperator(string text) => Take(Current.IsOperator(text));

    /// <summary>Reads a keyword if it is the next token.</summary>
    public bool TakeName(string text) => Take(Current.IsName(text));

    public Token ExpectOperator(string text) => Current.IsOperator(text) ? Next() : throw Unexpected($"'{text}'");

    public Token ExpectName(string text) => Current.IsName(text) ? Next() : throw Unexpected($"'{text}'");

    public Token Expect(TokenKind kind, string expected) => Current.Kind == kind ? Next() : throw Unexpected(expected);

    public SyntaxError Unexpected(string expected) => new(Line, $"found {Current}; expected {expected}");

    /// <summary>Parses one level deeper.</summary>
    public T Nested<T>(Func<T> parse)
    {
        if (++_depth > MaxDepth)
            throw new SyntaxError(Line, $"found blocks or brackets nested deeper than {MaxDepth} levels");
        var result = parse();
        _depth--;
        return result;
    }

    private bool Take(bool matches)
    {
        if (matches)
            _position++;
        return matches;
    }
}
