using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>Lines with <c>text</c>, one document each.</summary>
internal sealed class TextLineParser(string fileName, FaultList faults) : LineParser(fileName, faults)
{
    protected override DatasetExample? ParseExample(JsonPlace root, JsonElement line, int number)
    {
        if (root.Required(line, "text", JsonValueKind.String, "a string") is not { } text)
            return null;
        if (!string.IsNullOrWhiteSpace(text.GetString()))
            return new TextExample(number, text.GetString()!);
        root.At("text").Fault("found no text; allowed: a document");
        return null;
    }
}
