using System.Text.Json;

namespace Serverless.Learning.Models;

/// <summary>
/// Typed reading of one object of a <c>config.json</c>. What is missing or not supported is noted and reading goes on with a stand-in, so that
/// one error can name all of it. A field that is null counts as absent, as it does for transformers.
/// </summary>
/// <param name="place">What stands before a field's name in messages: nothing, or the path of the object and a dot.</param>
internal sealed class ConfigFields(JsonElement element, string place, List<string> faults)
{
    private const string WholeNumber = "a positive whole number";
    private const string PositiveNumber = "a positive number";

    /// <summary>The faults noted so far, by this object and those around it.</summary>
    public IReadOnlyList<string> Faults => faults;

    public bool Has(string field) => Find(field) is not null;

    /// <summary>Whether the field stands there as null, which for some fields says more than its absence.</summary>
    public bool IsNull(string field) => element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Null;

    public void Refuse(string field, string found, string allowed) => faults.Add($"config.json, {place}{field}: found {found}; allowed: {allowed}");

    public int Whole(string field, int? fallback = null, int most = int.MaxValue) => OptionalWhole(field, most: most) ?? fallback ?? Missing(field, WholeNumber, 1);

    /// <param name="most">Beyond what any model has: a size is not believed before it is checked against the weights, which comes later.</param>
    public int? OptionalWhole(string field, int least = 1, int most = int.MaxValue)
    {
        if (Find(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least)
            return number <= most ? number : Unfit(field, value, $"a whole number up to {most}", least);
        return Unfit(field, value, least == 1 ? WholeNumber : $"a whole number from {least}", least);
    }

    public double Number(string field) => OptionalNumber(field) ?? Missing(field, PositiveNumber, 1.0);

    public double? OptionalNumber(string field)
    {
        if (Find(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and var number && double.IsFinite(number)) return number;
        return Unfit(field, value, PositiveNumber, 1.0);
    }

    public bool Flag(string field, bool fallback = false)
    {
        if (Find(field) is not { } value) return fallback;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Unfit(field, value, "true or false", fallback);
    }

    public string? Text(string field)
    {
        if (Find(field) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : Unfit<string?>(field, value, "a string", null);
    }

    /// <summary>Positive numbers, exactly <paramref name="count"/> of them.</summary>
    public IReadOnlyList<double> Numbers(string field, int count)
    {
        var allowed = $"{count} positive numbers";
        if (Find(field) is not { } value) return Missing<IReadOnlyList<double>>(field, allowed, new double[count]);
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == count
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.GetDouble() > 0))
            return value.EnumerateArray().Select(item => item.GetDouble()).ToList();
        return Unfit<IReadOnlyList<double>>(field, value, allowed, new double[count]);
    }

    /// <summary>A list of strings, or null.</summary>
    public IReadOnlyList<string>? Texts(string field)
    {
        if (Find(field) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? value.EnumerateArray().Select(item => item.GetString()!).ToList()
            : Unfit<IReadOnlyList<string>?>(field, value, "a list of strings", null);
    }

    /// <summary>A token id or a list of them; empty for none.</summary>
    public IReadOnlyList<int> Ids(string field)
    {
        if (Find(field) is not { } value) return [];
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToList() : [value];
        return items.All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _))
            ? items.Select(item => item.GetInt32()).ToList()
            : Unfit<IReadOnlyList<int>>(field, value, "a token id or a list of them", []);
    }

    /// <summary>The object of that name, or null.</summary>
    public ConfigFields? Object(string field)
    {
        if (Find(field) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Object
            ? new ConfigFields(value, $"{place}{field}.", faults)
            : Unfit<ConfigFields?>(field, value, "an object or null", null);
    }

    private JsonElement? Find(string field) =>
        element.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private T Missing<T>(string field, string allowed, T standIn)
    {
        Refuse(field, "nothing", allowed);
        return standIn;
    }

    private T Unfit<T>(string field, JsonElement value, string allowed, T standIn)
    {
        Refuse(field, Formats.Quoted.Cut(value.GetRawText()), allowed);
        return standIn;
    }
}
