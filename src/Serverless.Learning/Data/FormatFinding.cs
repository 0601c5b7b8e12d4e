using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>
/// Which format a data set is in, and by what it is known. The rule: a name that ends in <c>.txt</c> means plain text; otherwise the keys of
/// the first line that is not blank decide, in the order of <see cref="Of"/>, and every other line has to follow it.
/// </summary>
/// <param name="Reason">Such as <c>line 1 has preferred_output</c>.</param>
public sealed record FormatFinding(DatasetFormat Format, string Reason)
{
    private static readonly string[] PreferenceKeys =
        ["preferred_output", "non_preferred_output", "preferred_completion", "non_preferred_completion"];

    /// <summary>The format that a file's name says, or null if its lines have to.</summary>
    public static FormatFinding? OfName(string fileName) => fileName.EndsWith(".txt", StringComparison.OrdinalIgnoreCase)
        ? new FormatFinding(DatasetFormat.PlainText, "its name ends in .txt")
        : null;

    /// <summary>The format of a file that nothing is known of: what its name or its first line that is not blank says; null if there is no such line.</summary>
    /// <param name="content">The file from its beginning; it stays open.</param>
    public static async Task<FormatFinding?> ReadAsync(Stream content, string fileName, CancellationToken cancellationToken)
    {
        if (OfName(fileName) is { } named) return named;
        var records = new RecordReader(content, 0, 0, DatasetFormat.Chat);
        while (await records.ReadAsync(cancellationToken) && !records.LineIsTooLong)
            if (!LineParser.IsBlank(records.Record.Span, records.Line)) return OfFirst(records);
        return null;
    }

    /// <summary>The format that a record says which is a file's first.</summary>
    internal static FormatFinding OfFirst(RecordReader records) =>
        Of(records.Record[(records.Record.Length - LineParser.WithoutMark(records.Record.Span, records.Line).Length)..], records.Line);

    /// <summary>The format that the first line says; a line that says nothing is held to be chat, and its faults are named as such.</summary>
    public static FormatFinding Of(ReadOnlyMemory<byte> line, int number)
    {
        if (TryParse(line) is not { } document) return new FormatFinding(DatasetFormat.Chat, $"line {number} is no JSON object");
        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return new FormatFinding(DatasetFormat.Chat, $"line {number} is no JSON object");
            if (PreferenceKeys.FirstOrDefault(key => root.TryGetProperty(key, out _)) is { } key)
                return new FormatFinding(DatasetFormat.Preference, $"line {number} has {key}");
            if (root.TryGetProperty("messages", out var messages))
                return EndsWithUser(messages)
                    ? new FormatFinding(DatasetFormat.Reinforcement, $"line {number} has messages that end with a user's")
                    : new FormatFinding(DatasetFormat.Chat, $"line {number} has messages");
            if (root.TryGetProperty("completion", out _)) return new FormatFinding(DatasetFormat.PromptCompletion, $"line {number} has completion");
            return root.TryGetProperty("text", out _)
                ? new FormatFinding(DatasetFormat.Text, $"line {number} has text")
                : new FormatFinding(DatasetFormat.Chat, $"line {number} has no key that names another format");
        }
    }

    private static bool EndsWithUser(JsonElement messages) => messages.ValueKind == JsonValueKind.Array && messages.GetArrayLength() > 0
        && messages[messages.GetArrayLength() - 1] is { ValueKind: JsonValueKind.Object } last
        && last.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String && role.ValueEquals("user");

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return StrictJson.Parse(line);
        }
        catch (JsonException)
        {
            // Parsed again, and its fault named, as a line of the format.
            return null;
        }
    }
}
