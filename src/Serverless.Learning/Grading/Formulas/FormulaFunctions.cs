namespace Serverless.Learning.Grading.Formulas;

/// <summary>The functions of formulas.</summary>
internal static class FormulaFunctions
{
    private static readonly Dictionary<string, Func<double, double>> OfOne = new(StringComparer.Ordinal)
    {
        ["abs"] = Math.Abs,
        ["floor"] = Math.Floor,
        ["ceil"] = Math.Ceiling,
        ["exp"] = Math.Exp,
        ["sqrt"] = Math.Sqrt,
        ["log"] = Math.Log,
    };

    private static readonly Dictionary<string, Func<double, double, double>> OfMany = new(StringComparer.Ordinal)
    {
        ["min"] = Math.Min,
        ["max"] = Math.Max,
    };

    public static IReadOnlyList<string> Names { get; } = [.. OfMany.Keys, .. OfOne.Keys];

    /// <summary>The call of a function, or null with what is allowed if it does not take that many arguments.</summary>
    public static FormulaNode? Call(string name, IReadOnlyList<FormulaNode> arguments, out string allowed)
    {
        if (OfOne.TryGetValue(name, out var one))
        {
            allowed = "one argument";
            return arguments.Count == 1 ? scores => one(arguments[0](scores)) : null;
        }
        var many = OfMany[name];
        allowed = "two arguments or more";
        return arguments.Count >= 2 ? scores => arguments.Select(argument => argument(scores)).Aggregate(many) : null;
    }
}
