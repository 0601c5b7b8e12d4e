namespace Serverless.Learning.Text.Jinja;

/// <summary>What loops and filters go through.</summary>
internal static class Sequences
{
    /// <summary>The entries of a list, the keys of a dictionary, the characters of a string, nothing of what does not exist.</summary>
    public static IReadOnlyList<object?> Of(object? value, RenderBudget budget)
    {
        var items = value switch
        {
            JinjaList list => list.Items,
            JinjaMap map => map.Keys,
            MarkedText text => CodePoints.Split(text, budget),
            Undefined => [],
            _ => throw new JinjaError($"{PythonText.TypeName(value)} cannot be iterated over"),
        };
        budget.Step(items.Count);
        return items;
    }
}
