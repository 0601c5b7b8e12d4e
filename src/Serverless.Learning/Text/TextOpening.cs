using System.Text.Json;

namespace Serverless.Learning.Text;

/// <summary>
/// The tokens that a model expects before a text of its own, such as <c>&lt;s&gt;</c>: those that Hugging Face's tokenizers write with
/// <c>add_special_tokens=True</c>. Conversations have what their template writes instead.
/// </summary>
internal static class TextOpening
{
    /// <summary>Reads <c>add_bos_token</c> of <c>tokenizer_config.json</c>, else the <c>post_processor</c> of <c>tokenizer.json</c>.</summary>
    /// <returns>Token ids; empty for most models.</returns>
    public static int[] Read(string modelFolder, Tokenizer tokenizer)
    {
        using var settings = Parse(Path.Combine(modelFolder, "tokenizer_config.json"));
        if (Member(settings?.RootElement, "add_bos_token") is { ValueKind: JsonValueKind.True or JsonValueKind.False } said)
            return said.GetBoolean() && Id(Member(settings?.RootElement, "bos_token"), tokenizer) is { } beginning ? [beginning] : [];
        using var document = Parse(Path.Combine(modelFolder, "tokenizer.json"));
        if (Member(Template(Member(document?.RootElement, "post_processor")), "single") is not { ValueKind: JsonValueKind.Array } single) return [];
        return [.. single.EnumerateArray()
            .TakeWhile(part => Member(part, "SpecialToken") is not null)
            .Select(part => Id(Member(Member(part, "SpecialToken"), "id"), tokenizer))
            .OfType<int>()];
    }

    private static JsonElement? Template(JsonElement? processor) => Text(Member(processor, "type")) switch
    {
        "TemplateProcessing" => processor,
        "Sequence" => Items(Member(processor, "processors")).Select(part => Template(part)).FirstOrDefault(part => part is not null),
        _ => null,
    };

    private static int? Id(JsonElement? token, Tokenizer tokenizer) => token switch
    {
        { ValueKind: JsonValueKind.String } text => tokenizer.IdOf(text.GetString()!),
        { ValueKind: JsonValueKind.Object } => Id(Member(token, "content"), tokenizer),
        _ => null,
    };

    private static string? Text(JsonElement? json) => json is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement? json) => json is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;

    private static JsonElement? Member(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } owner && owner.TryGetProperty(name, out var value) ? value : null;

    private static JsonDocument? Parse(string path) => File.Exists(path) ? StrictJson.Parse(File.ReadAllBytes(path)) : null;
}
