using System.Numerics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Turns JSON from the conversation into values whose strings are marked.</summary>
internal static class JsonValues
{
    // As many as Python reads; the time that more of them take grows with their square.
    private const int MaxDigits = 4300;

    /// <exception cref="JsonException">An integer has too many digits.</exception>
    public static object? Of(JsonElement element, int source)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return element.ValueKind switch
        {
            JsonValueKind.Object => new JinjaMap(element.EnumerateObject()
                .Select(member => KeyValuePair.Create<object, object?>(MarkedText.From(member.Name, source), Of(member.Value, source)))),
            JsonValueKind.Array => new JinjaList([.. element.EnumerateArray().Select(entry => Of(entry, source))]),
            JsonValueKind.String => MarkedText.From(element.GetString()!, source),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => Number(element),
            _ => null,
        };
    }

    private static object Number(JsonElement element)
    {
        if (element.TryGetInt64(out var integer))
            return integer;
        var digits = element.GetRawText();
        if (digits.AsSpan().ContainsAny(".eE"))
            return element.GetDouble();
        return digits.Length > MaxDigits ? throw new JsonException($"found an integer of {digits.Length} digits; allowed: at most {MaxDigits}") : BigInteger.Parse(digits, CultureInfo.InvariantCulture);
    }
}
