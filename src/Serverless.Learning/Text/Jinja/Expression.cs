namespace Serverless.Learning.Text.Jinja;

/// <summary>An expression, with the line it begins on.</summary>
internal abstract record Expression(int Line);

internal sealed record Literal(object? Value, int Line) : Expression(Line);

internal sealed record Name(string Id, int Line) : Expression(Line);

internal sealed record ListLiteral(IReadOnlyList<Expression> Items, bool IsTuple, int Line) : Expression(Line);

internal sealed record MapLiteral(IReadOnlyList<(Expression Key, Expression Value)> Entries, int Line) : Expression(Line);

internal sealed record Not(Expression Operand, int Line) : Expression(Line);

internal sealed record Sign(bool IsMinus, Expression Operand, int Line) : Expression(Line);

/// <summary>Operands joined by <c>and</c>, or by <c>or</c>.</summary>
internal sealed record Logic(bool IsAnd, IReadOnlyList<Expression> Operands, int Line) : Expression(Line);

/// <summary>An arithmetic operation.</summary>
internal sealed record Binary(string Operation, Expression Left, Expression Right, int Line) : Expression(Line);

/// <summary>A chain such as <c>a &lt; b &lt;= c</c>; also <c>in</c> and <c>not in</c>.</summary>
internal sealed record Comparison(Expression First, IReadOnlyList<(string Operation, Expression Operand)> Rest, int Line) : Expression(Line);

/// <summary>Parts joined by <c>~</c>.</summary>
internal sealed record Concatenation(IReadOnlyList<Expression> Parts, int Line) : Expression(Line);

/// <summary><c>then if condition else otherwise</c></summary>
internal sealed record Conditional(Expression Condition, Expression Then, Expression? Otherwise, int Line) : Expression(Line);

internal sealed record AttributeAccess(Expression Value, string Attribute, int Line) : Expression(Line);

internal sealed record ItemAccess(Expression Value, Expression Key, int Line) : Expression(Line);

internal sealed record SliceAccess(Expression Value, Expression? Start, Expression? Stop, Expression? Step, int Line) : Expression(Line);

internal sealed record Call(Expression Callee, CallArguments Arguments, int Line) : Expression(Line);

/// <summary><c>value|name(arguments)</c>; inside a filter block the value is missing.</summary>
internal sealed record FilterCall(Expression? Value, string FilterName, CallArguments Arguments, int Line) : Expression(Line);

/// <summary><c>value is name(arguments)</c>, or <c>is not</c>.</summary>
internal sealed record TestCall(Expression Value, string TestName, CallArguments Arguments, bool IsNegated, int Line) : Expression(Line);

/// <summary>The arguments of a call as they are written.</summary>
internal sealed record CallArguments(IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named)
{
    public static CallArguments None { get; } = new([], []);
}
