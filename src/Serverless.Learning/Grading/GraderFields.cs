using System.Globalization;
using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Learning.Grading.Templates;

namespace Serverless.Learning.Grading;

/// <summary>The fields of one grader; each reading lists its fault and gives null, or the default, where something is wrong.</summary>
internal readonly struct GraderFields(JsonPlace place, JsonElement json)
{
    /// <summary>The most graders that one combines; none of them combines others.</summary>
    private const int MaxParts = 16;

    private const string TemplateRemedy = "a text, in which {{item.…}} and {{sample.…}} stand for values";

    public JsonPlace Place(string field) => place.At(field);

    public bool Has(string field) => json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null;

    public string? Name()
    {
        if (Text("name", "a name of 1 to 128 characters") is not { } name)
            return null;
        return name.Length is >= 1 and <= 128 ? name : Refuse<string>("name", $"found {name.Length} characters; allowed: a name of 1 to 128 characters");
    }

    public string? Text(string field, string allowed) => place.Required(json, field, JsonValueKind.String, allowed)?.GetString();

    /// <summary>A string, or null without a fault if there is none or it is something else.</summary>
    public string? OptionalText(string field) =>
        json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public T? Among<T>(string field, IReadOnlyDictionary<string, T> allowed)
        where T : struct
    {
        var names = string.Join(", ", allowed.Keys);
        if (Text(field, names) is not { } text)
            return null;
        return allowed.TryGetValue(text, out var value) ? value : RefuseValue<T>(field, $"found \"{text}\"; allowed: {names}");
    }

    /// <summary>A template; a missing one is the default, if there is one.</summary>
    public TextTemplate? Template(string field, string? missing = null)
    {
        var text = missing is not null && !Has(field) ? missing : Text(field, TemplateRemedy);
        return text is null ? null : TextTemplate.Parse(text, Place(field));
    }

    public double Number(string field, double missing, double lowest, double highest)
    {
        if (!Has(field))
            return missing;
        var value = json.GetProperty(field);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= lowest && number <= highest)
            return number;
        var allowed = lowest == double.MinValue ? "a number" : FormattableString.Invariant($"a number from {lowest} to {highest}");
        Place(field).Fault($"found {JsonPlace.Describe(value)}; allowed: {allowed}");
        return missing;
    }

    public long Integer(string field, long missing, long lowest, long highest)
    {
        if (!Has(field))
            return missing;
        var value = json.GetProperty(field);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= lowest && number <= highest)
            return number;
        Place(field).Fault(string.Create(CultureInfo.InvariantCulture, $"found {JsonPlace.Describe(value)}; allowed: an integer from {lowest} to {highest}"));
        return missing;
    }

    /// <summary>The members of an object of graders, each with its place; from one to <see cref="MaxParts"/>.</summary>
    public IReadOnlyList<(JsonPlace Place, string Name, JsonElement Json)>? Parts(string field)
    {
        var allowed = $"an object of 1 to {MaxParts} graders by their names";
        if (place.Required(json, field, JsonValueKind.Object, allowed) is not { } parts)
            return null;
        var here = Place(field);
        var members = parts.EnumerateObject().Select(part => (here.At(part.Name), part.Name, part.Value)).ToList();
        if (members.Count == 0)
            return Refuse<List<(JsonPlace, string, JsonElement)>>(field, $"found an empty object; allowed: {allowed}");
        if (members.Count > MaxParts)
            return Refuse<List<(JsonPlace, string, JsonElement)>>(field, $"found {members.Count} graders; allowed: {allowed}");
        return members.DistinctBy(part => part.Name).Count() == members.Count
            ? members
            : Refuse<List<(JsonPlace, string, JsonElement)>>(field, $"found one name twice; allowed: {allowed}");
    }

    public JsonElement? Array(string field, string allowed)
    {
        if (place.Required(json, field, JsonValueKind.Array, allowed) is not { } array)
            return null;
        if (array.GetArrayLength() > 0)
            return array;
        Place(field).Fault($"found an empty array; allowed: {allowed}");
        return null;
    }

    /// <summary>The fields of an object, or none of them if it is missing.</summary>
    public GraderFields Inner(string field) =>
        place.Optional(json, field, JsonValueKind.Object, "an object") is { } inner
            ? new GraderFields(Place(field), inner)
            : new GraderFields(Place(field), JsonSerializer.SerializeToElement(new { }));

    /// <summary>Lists a fault of a field.</summary>
    public T? Refuse<T>(string field, string findingAndRemedy)
        where T : class
    {
        Place(field).Fault(findingAndRemedy);
        return null;
    }

    /// <summary>Lists a fault of a field.</summary>
    public T? RefuseValue<T>(string field, string findingAndRemedy)
        where T : struct
    {
        Place(field).Fault(findingAndRemedy);
        return null;
    }
}
