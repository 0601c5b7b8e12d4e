using System.Text.Json;
using Serverless.Learning.Data;

namespace Serverless.Learning.Grading.Templates;

/// <summary>A value that a template names.</summary>
/// <param name="Text">How it is written, without the braces.</param>
/// <param name="Source">Where it begins.</param>
/// <param name="Steps">The way down from there; for the item at least one.</param>
internal sealed record TemplateReference(string Text, TemplateSource Source, IReadOnlyList<TemplateStep> Steps)
{
    /// <summary>The value as text; false, with the reason as text, if it is not there.</summary>
    public bool TryResolve(GradingContext context, out string text, out GradeFaultKind kind)
    {
        kind = GradeFaultKind.InvalidVariable;
        if (Source is TemplateSource.OutputText or TemplateSource.OutputJson && !context.Sample.HasOutputText)
        {
            text = "there is no sample with an output_text";
            return false;
        }
        switch (Source)
        {
            case TemplateSource.OutputText:
                text = context.Sample.OutputText;
                return true;
            case TemplateSource.OutputJson:
                if (context.TryOutputJson(out var json, out text))
                    return TryDescend(json, "the answer", out text);
                kind = GradeFaultKind.SampleParse;
                return false;
            case TemplateSource.OutputTools:
                return TryDescend(context.OutputTools, "the answer's tool calls", out text);
            default:
                return TryDescend(context.Item, "the item", out text);
        }
    }

    private bool TryDescend(JsonElement value, string whole, out string text)
    {
        for (var depth = 0; depth < Steps.Count; depth++)
        {
            var step = Steps[depth];
            var parent = value;
            var index = step.Index < 0 && parent.ValueKind == JsonValueKind.Array ? parent.GetArrayLength() + step.Index : step.Index;
            var found = step.Key is { } key
                ? parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out value)
                : parent.ValueKind == JsonValueKind.Array && index >= 0 && index < parent.GetArrayLength();
            if (!found)
            {
                text = Missing(depth, parent, whole);
                return false;
            }
            if (step.Key is null)
                value = parent[index];
        }
        text = value.ValueKind == JsonValueKind.String ? value.GetString()! : JsonSerializer.Serialize(value, CompactJson.Options);
        return true;
    }

    private string Missing(int depth, JsonElement parent, string whole)
    {
        var step = Steps[depth];
        var owner = depth == 0 ? whole : $"{whole}'s {string.Concat(Steps.Take(depth).Select((one, at) => one.Key is null || at == 0 ? one.ToString() : $".{one}"))}";
        return (step.Key, parent.ValueKind) switch
        {
            ({ } key, JsonValueKind.Object) => $"{owner} has no \"{key}\"",
            ({ } key, _) => $"{owner} is {JsonPlace.Describe(parent)}, which has no \"{key}\"",
            (null, JsonValueKind.Array) => $"{owner} has {parent.GetArrayLength()} entries, none at {step.Index}",
            _ => $"{owner} is {JsonPlace.Describe(parent)}, which has no entries",
        };
    }
}
