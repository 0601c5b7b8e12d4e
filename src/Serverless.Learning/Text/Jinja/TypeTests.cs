using System.Numerics;

namespace Serverless.Learning.Text.Jinja;

/// <summary>The tests of <c>is</c>, by name. The first positional argument of each is the value tested.</summary>
internal static class TypeTests
{
    private delegate bool Test(object? value, Arguments arguments, RenderBudget budget);

    private static readonly Dictionary<string, Test> Table = new()
    {
        ["defined"] = (value, _, _) => value is not Undefined,
        ["undefined"] = (value, _, _) => value is Undefined,
        ["none"] = (value, _, _) => value is null,
        ["boolean"] = (value, _, _) => value is bool,
        ["true"] = (value, _, _) => value is true,
        ["false"] = (value, _, _) => value is false,
        ["string"] = (value, _, _) => value is MarkedText,
        ["integer"] = (value, _, _) => value is long or BigInteger,
        ["float"] = (value, _, _) => value is double,
        ["number"] = (value, _, _) => Equality.IsNumber(value),
        ["mapping"] = (value, _, _) => value is JinjaMap,
        ["sequence"] = (value, _, _) => value is MarkedText or JinjaList or JinjaMap or Undefined,
        ["iterable"] = (value, _, _) => value is MarkedText or JinjaList or JinjaMap or Undefined,
        ["callable"] = (value, _, _) => value is Callable,
        ["sameas"] = (value, arguments, _) => Same(value, arguments.Required(1, "other")),
        ["odd"] = (value, _, budget) => Operators.Apply("%", value, 2L, budget) is 1L,
        ["even"] = (value, _, budget) => Operators.Apply("%", value, 2L, budget) is 0L,
        ["divisibleby"] = (value, arguments, budget) => Operators.Apply("%", value, arguments.Required(1, "num"), budget) is 0L,
        ["lower"] = (value, _, budget) => Printed(value, budget) is var text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
        ["upper"] = (value, _, budget) => Printed(value, budget) is var text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["in"] = (value, arguments, budget) => Equality.Contains(arguments.Required(1, "seq"), value, budget),
        ["eq"] = AreEqual,
        ["equalto"] = AreEqual,
        ["=="] = AreEqual,
        ["ne"] = (value, arguments, budget) => !AreEqual(value, arguments, budget),
        ["!="] = (value, arguments, budget) => !AreEqual(value, arguments, budget),
        ["lt"] = (value, arguments, budget) => Order(value, arguments, budget) < 0,
        ["lessthan"] = (value, arguments, budget) => Order(value, arguments, budget) < 0,
        ["le"] = (value, arguments, budget) => Order(value, arguments, budget) <= 0,
        ["gt"] = (value, arguments, budget) => Order(value, arguments, budget) > 0,
        ["greaterthan"] = (value, arguments, budget) => Order(value, arguments, budget) > 0,
        ["ge"] = (value, arguments, budget) => Order(value, arguments, budget) >= 0,
    };

    public static bool Exists(string name) => Table.ContainsKey(name);

    public static bool Holds(string name, Arguments arguments, RenderBudget budget) =>
        Table.TryGetValue(name, out var test) ? test(arguments.Positional[0], arguments, budget) : throw new JinjaError($"the test '{name}' is not supported");

    private static string Printed(object? value, RenderBudget budget)
    {
        var text = PythonText.Str(value, budget);
        budget.Look(2L * text.Length);
        return text.Value;
    }

    private static bool AreEqual(object? value, Arguments arguments, RenderBudget budget) => Equality.AreEqual(value, arguments.Required(1, "other"), budget);

    private static int Order(object? value, Arguments arguments, RenderBudget budget) => Equality.Compare(value, arguments.Required(1, "other"), budget, arguments.Callee);

    private static bool Same(object? left, object? right) => left switch
    {
        null => right is null,
        bool or long => left.Equals(right),
        _ => ReferenceEquals(left, right),
    };
}
