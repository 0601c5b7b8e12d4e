namespace Serverless.Learning.Text.Jinja;

/// <summary>
/// Splits a template into text and tags, with the settings that chat templates are written for: <c>trim_blocks</c> (the line break after a block or
/// comment goes) and <c>lstrip_blocks</c> (white space between the start of a line and a block or comment goes); one line break at the end of the
/// template goes; a minus or plus inside a tag overrules.
/// </summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _position, _line = 1;
    private bool _atLineStart = true;

    private Lexer(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = source.EndsWith('\n') ? source[..^1] : source;
    }

    /// <summary>The tokens of a template, the last one being <see cref="TokenKind.End"/>.</summary>
    public static List<Token> Tokenize(string source)
    {
        var lexer = new Lexer(source);
        while (lexer._position < lexer._source.Length)
            lexer.Next();
        lexer._tokens.Add(new Token(TokenKind.End, "", lexer._line));
        return lexer._tokens;
    }

    private void Next()
    {
        var tag = NextTag();
        if (tag < 0)
        {
            Data(_source.Length, _source.Length);
            return;
        }
        var kind = _source[tag + 1];
        var sign = tag + 2 < _source.Length ? _source[tag + 2] : ' ';
        Data(tag, TextEnd(tag, kind, sign));
        _position = tag + (sign is '-' or '+' ? 3 : 2);
        if (kind == '#')
            Comment();
        else if (kind == '%' && RawBegin() is { } begin)
            Raw(begin);
        else
            Tag(isBlock: kind == '%');
    }

    private int NextTag()
    {
        for (var i = _source.IndexOf('{', _position); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
            if (_source[i + 1] is '{' or '%' or '#')
                return i;
        return -1;
    }

    /// <summary>The end of the text before a tag, without the white space that the tag takes away.</summary>
    private int TextEnd(int tag, char kind, char sign)
    {
        var end = tag;
        if (sign == '-')
        {
            while (end > _position && TextParts.IsSpace(_source[end - 1]))
                end--;
        }
        else if (sign != '+' && kind != '{')
        {
            while (end > _position && _source[end - 1] != '\n' && TextParts.IsSpace(_source[end - 1]))
                end--;
            if (end > _position ? _source[end - 1] != '\n' : !_atLineStart)
                end = tag;
        }
        return end;
    }

    private void Data(int tag, int end)
    {
        if (end > _position)
            _tokens.Add(new Token(TokenKind.Data, _source[_position..end], _line));
        MoveTo(tag);
    }

    private void Comment()
    {
        var end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
            throw new SyntaxError(_line, "found the end of the template inside a comment; expected '#}'");
        var sign = end > _position ? _source[end - 1] : ' ';
        MoveTo(end + 2);
        AfterTag(sign, trims: true);
    }

    /// <summary>The position after <c>raw %}</c> if that follows, else null.</summary>
    private int? RawBegin()
    {
        var scan = _position;
        SkipSpace(ref scan);
        if (!_source.AsSpan(scan).StartsWith("raw", StringComparison.Ordinal))
            return null;
        scan += 3;
        SkipSpace(ref scan);
        var sign = scan < _source.Length && _source[scan] == '-' ? 1 : 0;
        return _source.AsSpan(scan + sign).StartsWith("%}", StringComparison.Ordinal) ? scan + sign + 2 : null;
    }

    private void Raw(int begin)
    {
        var line = _line;
        MoveTo(begin);
        AfterTag(_source[begin - 3], trims: false);
        for (var tag = _source.IndexOf("{%", _position, StringComparison.Ordinal); tag >= 0; tag = _source.IndexOf("{%", tag + 1, StringComparison.Ordinal))
        {
            var sign = tag + 2 < _source.Length ? _source[tag + 2] : ' ';
            var scan = tag + (sign is '-' or '+' ? 3 : 2);
            SkipSpace(ref scan);
            if (!_source.AsSpan(scan).StartsWith("endraw", StringComparison.Ordinal))
                continue;
            scan += 6;
            SkipSpace(ref scan);
            var endSign = scan < _source.Length ? _source[scan] : ' ';
            scan += endSign is '-' or '+' ? 1 : 0;
            if (!_source.AsSpan(scan).StartsWith("%}", StringComparison.Ordinal))
                continue;
            Data(tag, TextEnd(tag, '%', sign));
            MoveTo(scan + 2);
            AfterTag(endSign, trims: true);
            return;
        }
        throw new SyntaxError(line, "found the end of the template inside 'raw'; expected '{% endraw %}'");
    }

    private void Tag(bool isBlock)
    {
        _tokens.Add(new Token(isBlock ? TokenKind.BlockBegin : TokenKind.OutputBegin, "", _line));
        var expression = new ExpressionLexer(_source, _position, _line, isBlock ? "%}" : "}}", _tokens);
        var sign = expression.ReadToEnd();
        (_position, _line) = (expression.Position, expression.Line);
        _tokens.Add(new Token(isBlock ? TokenKind.BlockEnd : TokenKind.OutputEnd, "", _line));
        _atLineStart = false;
        AfterTag(sign, trims: isBlock);
    }

    /// <summary>Takes away what the end of a tag takes: all white space after a minus, else one line break after a block or comment.</summary>
    private void AfterTag(char sign, bool trims)
    {
        var end = _position;
        if (sign == '-')
            SkipSpace(ref end);
        else if (trims && sign != '+' && end < _source.Length && _source[end] == '\n')
            end++;
        MoveTo(end);
        _atLineStart = _position > 0 && _source[_position - 1] == '\n';
    }

    private void SkipSpace(ref int position)
    {
        while (position < _source.Length && TextParts.IsSpace(_source[position]))
            position++;
    }

    private void MoveTo(int position)
    {
        _line += _source.AsSpan(_position..position).Count('\n');
        _position = position;
    }
}
