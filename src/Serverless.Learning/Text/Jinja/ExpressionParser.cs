using System.Globalization;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Parses expressions, by Jinja's grammar: each method is one level of precedence and calls the next tighter one.</summary>
internal sealed class ExpressionParser(TokenStream tokens)
{
    private static readonly string[] ComparisonOperators = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>An expression, or several with commas between them as a tuple.</summary>
    /// <param name="withCondition">Whether <c>a if b</c> belongs to it; in the head of a loop the condition is the loop's.</param>
    public Expression ParseTuple(bool withCondition = true)
    {
        var line = tokens.Line;
        var first = withCondition ? Parse() : ParseOr();
        if (!tokens.Current.IsOperator(","))
            return first;
        var items = new List<Expression> { first };
        while (tokens.TakeOperator(",") && StartsExpression())
            items.Add(withCondition ? Parse() : ParseOr());
        return new ListLiteral(items, IsTuple: true, line);
    }

    /// <summary>An expression: <c>a if b else c</c> is the loosest form.</summary>
    public Expression Parse() => tokens.Nested(ParseConditional);

    /// <summary>An expression in which no condition follows.</summary>
    public Expression ParseOr() => ParseLogic("or", () => ParseLogic("and", ParseNot));

    /// <summary>The arguments between the brackets of a call.</summary>
    public CallArguments ParseArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        tokens.ExpectOperator("(");
        while (!tokens.Current.IsOperator(")"))
        {
            if (positional.Count + named.Count > 0)
                tokens.ExpectOperator(",");
            if (tokens.Current.IsOperator(")"))
                break;
            if (tokens.Current.Kind == TokenKind.Name && tokens.Peek().IsOperator("="))
            {
                var name = tokens.Next().Text;
                tokens.Next();
                named.Add((name, Parse()));
            }
            else if (named.Count == 0)
            {
                positional.Add(Parse());
            }
            else
            {
                throw tokens.Unexpected("an argument with a name");
            }
        }
        tokens.Next();
        return new CallArguments(positional, named);
    }

    /// <summary>The name and arguments of a filter, to be applied to a value.</summary>
    public FilterCall ParseFilter(Expression? value)
    {
        var line = tokens.Line;
        var name = tokens.Expect(TokenKind.Name, "the name of a filter").Text;
        if (!Filters.Exists(name))
            throw new SyntaxError(line, $"found the filter '{name}', which is not supported");
        return new FilterCall(value, name, tokens.Current.IsOperator("(") ? ParseArguments() : CallArguments.None, line);
    }

    private Expression ParseConditional()
    {
        var expression = ParseOr();
        while (tokens.Current.IsName("if"))
        {
            var line = tokens.Next().Line;
            var condition = ParseOr();
            var otherwise = tokens.TakeName("else") ? Parse() : null;
            expression = new Conditional(condition, expression, otherwise, line);
        }
        return expression;
    }

    private Expression ParseLogic(string keyword, Func<Expression> parseOperand)
    {
        var line = tokens.Line;
        var operands = new List<Expression> { parseOperand() };
        while (tokens.TakeName(keyword))
            operands.Add(parseOperand());
        return operands.Count == 1 ? operands[0] : new Logic(keyword == "and", operands, line);
    }

    private Expression ParseNot()
    {
        var line = tokens.Line;
        return tokens.TakeName("not") ? new Not(tokens.Nested(ParseNot), line) : ParseComparison();
    }

    private Expression ParseComparison()
    {
        var line = tokens.Line;
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (tokens.Current.Kind == TokenKind.Operator && ComparisonOperators.Contains(tokens.Current.Text))
                rest.Add((tokens.Next().Text, ParseSum()));
            else if (tokens.TakeName("in"))
                rest.Add(("in", ParseSum()));
            else if (tokens.Current.IsName("not") && tokens.Peek().IsName("in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("not in", ParseSum()));
            }
            else
                return rest.Count == 0 ? first : new Comparison(first, rest, line);
        }
    }

    private Expression ParseSum() => ParseBinary(ParseConcatenation, "+", "-");

    private Expression ParseConcatenation()
    {
        var line = tokens.Line;
        var parts = new List<Expression> { ParseProduct() };
        while (tokens.TakeOperator("~"))
            parts.Add(ParseProduct());
        return parts.Count == 1 ? parts[0] : new Concatenation(parts, line);
    }

    private Expression ParseProduct() => ParseBinary(ParsePower, "*", "/", "//", "%");

    private Expression ParsePower() => ParseBinary(() => ParseUnary(), "**");

    private Expression ParseBinary(Func<Expression> parseOperand, params string[] operators)
    {
        var left = parseOperand();
        while (tokens.Current.Kind == TokenKind.Operator && operators.Contains(tokens.Current.Text))
        {
            var operation = tokens.Next();
            left = new Binary(operation.Text, left, parseOperand(), operation.Line);
        }
        return left;
    }

    private Expression ParseUnary(bool withFilters = true)
    {
        var line = tokens.Line;
        var expression = tokens.TakeOperator("-") ? new Sign(IsMinus: true, tokens.Nested(() => ParseUnary(withFilters: false)), line)
            : tokens.TakeOperator("+") ? new Sign(IsMinus: false, tokens.Nested(() => ParseUnary(withFilters: false)), line)
            : ParsePrimary();
        expression = ParsePostfix(expression);
        return withFilters ? ParseFiltersAndTests(expression) : expression;
    }

    private Expression ParsePostfix(Expression expression)
    {
        while (true)
        {
            var line = tokens.Line;
            if (tokens.TakeOperator("."))
                expression = tokens.Current.Kind == TokenKind.Integer
                    ? new ItemAccess(expression, new Literal(Integer(tokens.Next()), line), line)
                    : new AttributeAccess(expression, tokens.Expect(TokenKind.Name, "the name of an attribute").Text, line);
            else if (tokens.TakeOperator("["))
                expression = ParseSubscript(expression, line);
            else if (tokens.Current.IsOperator("("))
                expression = new Call(expression, ParseArguments(), line);
            else
                return expression;
        }
    }

    private Expression ParseSubscript(Expression value, int line)
    {
        var start = tokens.Current.IsOperator(":") ? null : Parse();
        if (start is not null && tokens.TakeOperator("]"))
            return new ItemAccess(value, start, line);
        tokens.ExpectOperator(":");
        var stop = tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]") ? null : Parse();
        var step = tokens.TakeOperator(":") && !tokens.Current.IsOperator("]") ? Parse() : null;
        tokens.ExpectOperator("]");
        return new SliceAccess(value, start, stop, step, line);
    }

    private Expression ParseFiltersAndTests(Expression expression)
    {
        while (true)
        {
            if (tokens.TakeOperator("|"))
                expression = ParseFilter(expression);
            else if (tokens.Current.IsName("is"))
                expression = ParseTest(expression);
            else if (tokens.Current.IsOperator("("))
                expression = new Call(expression, ParseArguments(), tokens.Line);
            else
                return expression;
        }
    }

    private TestCall ParseTest(Expression value)
    {
        var line = tokens.Next().Line;
        var isNegated = tokens.TakeName("not");
        var name = tokens.Expect(TokenKind.Name, "the name of a test").Text;
        if (!TypeTests.Exists(name))
            throw new SyntaxError(line, $"found the test '{name}', which is not supported");
        if (tokens.Current.IsOperator("("))
            return new TestCall(value, name, ParseArguments(), isNegated, line);
        var takesArgument = tokens.Current.Kind is TokenKind.Name or TokenKind.String or TokenKind.Integer or TokenKind.Float
            || tokens.Current.IsOperator("[") || tokens.Current.IsOperator("{");
        if (!takesArgument || tokens.Current is { Kind: TokenKind.Name, Text: "else" or "or" or "and" or "if" or "is" or "not" or "in" })
            return new TestCall(value, name, CallArguments.None, isNegated, line);
        return new TestCall(value, name, new CallArguments([ParsePostfix(ParsePrimary())], []), isNegated, line);
    }

    private Expression ParsePrimary()
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Next();
                return Constant(token) is { } constant ? constant : new Name(token.Text, token.Line);
            case TokenKind.String:
                var text = new System.Text.StringBuilder();
                while (tokens.Current.Kind == TokenKind.String)
                    text.Append(tokens.Next().Text);
                return new Literal((MarkedText)text.ToString(), token.Line);
            case TokenKind.Integer:
                return new Literal(Integer(tokens.Next()), token.Line);
            case TokenKind.Float:
                return new Literal(double.Parse(Digits(tokens.Next()), CultureInfo.InvariantCulture), token.Line);
            default:
                return token.IsOperator("(") ? ParseBrackets() : token.IsOperator("[") ? ParseList() : token.IsOperator("{") ? ParseMap()
                    : throw tokens.Unexpected("an expression");
        }
    }

    private Expression ParseBrackets()
    {
        var line = tokens.Next().Line;
        var inner = tokens.Current.IsOperator(")") ? new ListLiteral([], IsTuple: true, line) : ParseTuple();
        tokens.ExpectOperator(")");
        return inner;
    }

    private ListLiteral ParseList()
    {
        var line = tokens.Next().Line;
        return new ListLiteral(Items("]", Parse), IsTuple: false, line);
    }

    private MapLiteral ParseMap()
    {
        var line = tokens.Next().Line;
        return new MapLiteral(Items("}", () =>
        {
            var key = Parse();
            tokens.ExpectOperator(":");
            return (key, Parse());
        }), line);
    }

    private List<T> Items<T>(string close, Func<T> parse)
    {
        var items = new List<T>();
        while (!tokens.TakeOperator(close))
        {
            if (items.Count > 0)
                tokens.ExpectOperator(",");
            if (!tokens.Current.IsOperator(close))
                items.Add(parse());
        }
        return items;
    }

    private bool StartsExpression() => tokens.Current.Kind switch
    {
        TokenKind.BlockEnd or TokenKind.OutputEnd or TokenKind.End => false,
        TokenKind.Operator => !(tokens.Current.Text is ")" or "]" or "}" or "="),
        TokenKind.Name => !tokens.Current.IsName("in"),
        _ => true,
    };

    private static Literal? Constant(Token token) => token.Text switch
    {
        "true" or "True" => new Literal(true, token.Line),
        "false" or "False" => new Literal(false, token.Line),
        "none" or "None" => new Literal(null, token.Line),
        _ => null,
    };

    private static string Digits(Token token) => token.Text.Replace("_", "", StringComparison.Ordinal);

    private static long Integer(Token token) => long.TryParse(Digits(token), CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new SyntaxError(token.Line, $"found {token.Text}, which exceeds 64 bits");
}
