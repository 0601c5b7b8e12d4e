using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Learning.Grading.Templates;

namespace Serverless.Learning.Grading;

/// <summary>Reads the graders that ask a model.</summary>
internal static class ModelGraderReader
{
    private const string Messages = "an array of messages, each with role and content";
    private const int DefaultAnswerTokens = 256;
    private static readonly string[] Roles = ["system", "developer", "user", "assistant"];

    public static ScoreModelGrader? ScoreModel(GraderFields fields)
    {
        var (name, input) = (fields.Name(), Input(fields));
        var (lowest, highest) = Range(fields);
        var threshold = fields.Number("pass_threshold", highest, double.MinValue, double.MaxValue);
        return name is null || input is null ? null : new ScoreModelGrader(name, input, lowest, highest, threshold);
    }

    public static LabelModelGrader? LabelModel(GraderFields fields)
    {
        var (name, input) = (fields.Name(), Input(fields));
        if (Labels(fields, "labels") is not { } labels || Labels(fields, "passing_labels") is not { } passing)
            return null;
        if (passing.Find(label => !labels.Contains(label)) is { } stranger)
            return fields.Refuse<LabelModelGrader>("passing_labels", $"found \"{stranger}\"; allowed: {string.Join(", ", labels)}");
        return name is null || input is null ? null : new LabelModelGrader(name, input, labels, passing);
    }

    private static ModelInput? Input(GraderFields fields)
    {
        var model = fields.Text("model", "the name of a model of this service");
        var parameters = fields.Inner("sampling_params");
        var maxTokens = parameters.Has("max_completions_tokens")
            ? parameters.Integer("max_completions_tokens", DefaultAnswerTokens, 1, 4096)
            : parameters.Integer("max_tokens", DefaultAnswerTokens, 1, 4096);
        var (temperature, topP) = (parameters.Number("temperature", 0, 0, 2), parameters.Number("top_p", 1, 0.000001, 1));
        var seed = parameters.Integer("seed", 0, long.MinValue, long.MaxValue);
        if (fields.Array("input", Messages) is not { } array)
            return null;
        var messages = array.EnumerateArray().Select((message, at) => Message(fields.Place("input").At(at), message)).ToList();
        return model is null || messages.Contains(null)
            ? null
            : new ModelInput(model, [.. messages.Select(message => message!.Value)], (int)maxTokens, temperature, topP, seed);
    }

    /// <summary>One message with its template; null with faults listed if something is wrong with it.</summary>
    public static (string Role, TextTemplate Content)? Message(JsonPlace place, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            place.Fault($"found {JsonPlace.Describe(message)}; allowed: a message with role and content");
            return null;
        }
        var role = place.Required(message, "role", JsonValueKind.String, string.Join(", ", Roles))?.GetString();
        if (role is not null && !Roles.Contains(role))
            place.At("role").Fault($"found \"{role}\"; allowed: {string.Join(", ", Roles)}");
        var content = Content(place.At("content"), message);
        var template = content is null ? null : TextTemplate.Parse(content, place.At("content"));
        return role is null || template is null ? null : (role, template);
    }

    /// <summary>A message's text: a string, one part, or an array of parts, whose texts follow each other.</summary>
    private static string? Content(JsonPlace place, JsonElement message)
    {
        const string allowed = "a text, or parts of the type input_text or output_text";
        if (message.TryGetProperty("content", out var content))
        {
            switch (content.ValueKind)
            {
                case JsonValueKind.String:
                    return content.GetString();
                case JsonValueKind.Object when Part(content) is { } text:
                    return text;
                case JsonValueKind.Array when content.EnumerateArray().Select(Part).ToArray() is { Length: > 0 } parts && !parts.Contains(null):
                    return string.Concat(parts);
            }
        }
        place.Fault($"found {(content.ValueKind == JsonValueKind.Undefined ? "nothing" : JsonPlace.Describe(content))}; allowed: {allowed}");
        return null;
    }

    private static string? Part(JsonElement part)
    {
        if (part.ValueKind == JsonValueKind.String)
            return part.GetString();
        return part.ValueKind == JsonValueKind.Object
            && part.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is "text" or "input_text" or "output_text"
            && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
    }

    private static (double Lowest, double Highest) Range(GraderFields fields)
    {
        if (!fields.Has("range"))
            return (0, 1);
        if (fields.Array("range", "two numbers, the lower first") is not { } range)
            return (0, 1);
        if (range.GetArrayLength() == 2 && range[0].ValueKind == JsonValueKind.Number && range[1].ValueKind == JsonValueKind.Number
            && range[0].TryGetDouble(out var lowest) && range[1].TryGetDouble(out var highest) && lowest < highest && double.IsFinite(highest - lowest))
            return (lowest, highest);
        fields.Place("range").Fault($"found {range.GetRawText()}; allowed: two numbers, the lower first");
        return (0, 1);
    }

    private static List<string>? Labels(GraderFields fields, string field)
    {
        const string allowed = "an array of different names";
        if (fields.Array(field, allowed) is not { } array)
            return null;
        var labels = array.EnumerateArray().Select(label => label.ValueKind == JsonValueKind.String ? label.GetString()! : "").ToList();
        if (!labels.Contains("") && labels.Distinct(StringComparer.OrdinalIgnoreCase).Count() == labels.Count)
            return labels;
        fields.Place(field).Fault($"found an entry that is no name, or one twice; allowed: {allowed}");
        return null;
    }
}
