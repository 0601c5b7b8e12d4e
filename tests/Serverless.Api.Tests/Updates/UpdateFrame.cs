using System.Text.Json;

namespace Serverless.Api.Tests.Updates;

/// <summary>One server-sent event as it came over the wire.</summary>
internal sealed record UpdateFrame(string Name, string Id, JsonElement Data)
{
    /// <summary>The events of a whole stream; comments and the time to wait are left out.</summary>
    public static IReadOnlyList<UpdateFrame> ReadAll(string stream) =>
    [
        .. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(frame => frame.Split('\n').Select(line => line.Split(": ", 2)).Where(line => line.Length == 2).ToDictionary(line => line[0], line => line[1]))
            .Where(fields => fields.ContainsKey("event"))
            .Select(fields => new UpdateFrame(fields["event"], fields["id"], JsonDocument.Parse(fields["data"]).RootElement)),
    ];
}
