namespace Serverless.Learning.Text.Jinja;

/// <summary>Parses the blocks of a template.</summary>
internal sealed class StatementParser
{
    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private StatementParser(TokenStream tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <summary>The statements of a template.</summary>
    /// <exception cref="SyntaxError">The template is not Jinja, or uses what is not supported.</exception>
    public static IReadOnlyList<Statement> Parse(string source)
    {
        var parser = new StatementParser(new TokenStream(Lexer.Tokenize(source)));
        return parser.ParseUntil();
    }

    /// <summary>Statements up to a block with one of these keywords, whose <c>{% keyword</c> is read; without keywords, up to the end.</summary>
    private List<Statement> ParseUntil(params string[] keywords)
    {
        var statements = new List<Statement>();
        while (true)
        {
            var token = _tokens.Current;
            switch (token.Kind)
            {
                case TokenKind.End when keywords.Length == 0:
                    return statements;
                case TokenKind.Data:
                    statements.Add(new Data(_tokens.Next().Text, token.Line));
                    break;
                case TokenKind.OutputBegin:
                    _tokens.Next();
                    statements.Add(new Output(_expressions.ParseTuple(), token.Line));
                    _tokens.Expect(TokenKind.OutputEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    _tokens.Next();
                    if (_tokens.Current.Kind == TokenKind.Name && keywords.Contains(_tokens.Current.Text))
                        return statements;
                    statements.Add(_tokens.Nested(ParseBlock));
                    break;
                default:
                    throw _tokens.Unexpected($"'{{% {keywords[^1]} %}}'");
            }
        }
    }

    private Statement ParseBlock()
    {
        var keyword = _tokens.Expect(TokenKind.Name, "the name of a block");
        var line = keyword.Line;
        switch (keyword.Text)
        {
            case "if":
                return ParseIf(line);
            case "for":
                return ParseFor(line);
            case "set":
                return ParseSet(line);
            case "macro":
                return ParseMacro(line);
            case "generation":
                return new Generation(Body("endgeneration"), line);
            case "filter":
                return new FilterBlock(ParseFilters(_expressions.ParseFilter(null)), Body("endfilter"), line);
            case "with":
                return ParseWith(line);
            case "break" or "continue" when _loops > 0:
                EndBlock();
                return keyword.Text == "break" ? new Break(line) : new Continue(line);
            case "elif" or "else" or "endif" or "endfor" or "endset" or "endmacro" or "endgeneration" or "endfilter" or "endwith" or "break" or "continue":
                throw new SyntaxError(line, $"found '{{% {keyword.Text} %}}' without its beginning");
            default:
                throw new SyntaxError(line, $"found '{{% {keyword.Text} %}}', which is not supported");
        }
    }

    private If ParseIf(int line)
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        do
        {
            var condition = _expressions.ParseTuple(withCondition: true);
            EndBlock();
            branches.Add((condition, ParseUntil("elif", "else", "endif")));
        }
        while (_tokens.Next().Text == "elif");
        if (!_tokens.Peek(-1).IsName("else"))
        {
            EndBlock();
            return new If(branches, [], line);
        }
        return new If(branches, Body("endif"), line);
    }

    private For ParseFor(int line)
    {
        var target = ParseTarget();
        _tokens.ExpectName("in");
        var items = _expressions.ParseTuple(withCondition: false);
        var condition = _tokens.TakeName("if") ? _expressions.Parse() : null;
        if (_tokens.Current.IsName("recursive"))
            throw new SyntaxError(_tokens.Line, "found 'recursive', which is not supported");
        EndBlock();
        _loops++;
        var body = ParseUntil("else", "endfor");
        _loops--;
        IReadOnlyList<Statement> otherwise = [];
        if (_tokens.Next().Text == "else")
            otherwise = Body("endfor");
        else
            EndBlock();
        return new For(target, items, condition, body, otherwise, line);
    }

    private Statement ParseSet(int line)
    {
        var target = ParseTarget();
        if (_tokens.TakeOperator("="))
        {
            var value = _expressions.ParseTuple();
            EndBlock();
            return new Set(target, value, line);
        }
        return new SetBlock(target, ParseFilters(null), Body("endset"), line);
    }

    private Macro ParseMacro(int line)
    {
        var name = _tokens.Expect(TokenKind.Name, "the name of the macro").Text;
        var parameters = new List<(string, Expression?)>();
        _tokens.ExpectOperator("(");
        while (!_tokens.TakeOperator(")"))
        {
            if (parameters.Count > 0)
                _tokens.ExpectOperator(",");
            var parameter = _tokens.Expect(TokenKind.Name, "the name of a parameter").Text;
            parameters.Add((parameter, _tokens.TakeOperator("=") ? _expressions.Parse() : null));
        }
        var loops = _loops;
        _loops = 0;
        var body = Body("endmacro");
        _loops = loops;
        return new Macro(name, parameters, body, line);
    }

    private With ParseWith(int line)
    {
        var variables = new List<(Target, Expression)>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0)
                _tokens.ExpectOperator(",");
            var target = ParseTarget();
            _tokens.ExpectOperator("=");
            variables.Add((target, _expressions.Parse()));
        }
        return new With(variables, Body("endwith"), line);
    }

    private List<FilterCall> ParseFilters(FilterCall? first)
    {
        List<FilterCall> filters = first is null ? [] : [first];
        while (_tokens.TakeOperator("|"))
            filters.Add(_expressions.ParseFilter(null));
        return filters;
    }

    private Target ParseTarget()
    {
        var items = new List<Target> { ParseSingleTarget() };
        var isTuple = false;
        while (_tokens.TakeOperator(","))
        {
            isTuple = true;
            if (_tokens.Current.Kind == TokenKind.Name && !_tokens.Current.IsName("in") || _tokens.Current.IsOperator("("))
                items.Add(ParseSingleTarget());
        }
        return isTuple ? new TupleTarget(items) : items[0];
    }

    private Target ParseSingleTarget()
    {
        if (_tokens.TakeOperator("("))
        {
            var inner = ParseTarget();
            _tokens.ExpectOperator(")");
            return inner;
        }
        var name = _tokens.Expect(TokenKind.Name, "the name of a variable").Text;
        if (name is "true" or "false" or "none" or "True" or "False" or "None" or "loop")
            throw new SyntaxError(_tokens.Line, $"found an assignment to '{name}'");
        return _tokens.TakeOperator(".") ? new AttributeTarget(name, _tokens.Expect(TokenKind.Name, "the name of an attribute").Text) : new NameTarget(name);
    }

    /// <summary>The rest of the opening tag, the statements inside, and the whole closing tag.</summary>
    private List<Statement> Body(string end)
    {
        EndBlock();
        var body = ParseUntil(end);
        _tokens.Next();
        // {% endmacro name %} may repeat the name.
        if (end == "endmacro" && _tokens.Current.Kind == TokenKind.Name)
            _tokens.Next();
        EndBlock();
        return body;
    }

    private void EndBlock() => _tokens.Expect(TokenKind.BlockEnd, "'%}'");
}
