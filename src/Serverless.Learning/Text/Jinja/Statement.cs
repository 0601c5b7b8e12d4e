namespace Serverless.Learning.Text.Jinja;

/// <summary>A statement, with the line it begins on.</summary>
internal abstract record Statement(int Line);

internal sealed record Data(MarkedText Text, int Line) : Statement(Line);

internal sealed record Output(Expression Value, int Line) : Statement(Line);

internal sealed record If(IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Otherwise, int Line)
    : Statement(Line);

/// <summary>A loop, with an optional condition on its entries and a body for the case that none is left.</summary>
internal sealed record For(
    Target Target, Expression Items, Expression? Condition, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Otherwise, int Line) : Statement(Line);

internal sealed record Set(Target Target, Expression Value, int Line) : Statement(Line);

/// <summary>Gives the rendered body, through filters from the inside out, to a target.</summary>
internal sealed record SetBlock(Target Target, IReadOnlyList<FilterCall> Filters, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

/// <summary>Writes the rendered body through filters from the inside out.</summary>
internal sealed record FilterBlock(IReadOnlyList<FilterCall> Filters, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

/// <summary>Variables that exist in the body only.</summary>
internal sealed record With(IReadOnlyList<(Target Target, Expression Value)> Variables, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record Macro(string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body, int Line)
    : Statement(Line);

/// <summary>The assistant's words, as some templates enclose them. The mask does not rely on it: few templates have it.</summary>
internal sealed record Generation(IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record Break(int Line) : Statement(Line);

internal sealed record Continue(int Line) : Statement(Line);

/// <summary>What a value is assigned to.</summary>
internal abstract record Target;

internal sealed record NameTarget(string Name) : Target;

internal sealed record AttributeTarget(string Name, string Attribute) : Target;

internal sealed record TupleTarget(IReadOnlyList<Target> Items) : Target;
