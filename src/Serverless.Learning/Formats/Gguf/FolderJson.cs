using System.Text.Json;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>The JSON files of a model folder.</summary>
internal static class FolderJson
{
    /// <summary>The root object of the file, detached from any document; null if there is no such file.</summary>
    /// <exception cref="InputError">The file is not a JSON object.</exception>
    public static JsonElement? Find(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return null;
        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new InputError($"{name}: found {Quoted.Cut(document.RootElement.GetRawText())}; allowed: a JSON object");
        }
        catch (JsonException fault)
        {
            throw new InputError($"{name}: not JSON: {fault.Message}", innerException: fault);
        }
    }

    /// <summary>The same for a file that must be there.</summary>
    public static JsonElement Read(string folder, string name) =>
        Find(folder, name) ?? throw new InputError($"{name}: no such file in {Path.GetFileName(Path.GetFullPath(folder))}");

    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A member that is there and true.</summary>
    public static bool IsTrue(this JsonElement element, string name) => element.Member(name)?.ValueKind == JsonValueKind.True;

    /// <summary>A member that is a string.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
}
