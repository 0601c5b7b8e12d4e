using System.Text.RegularExpressions;

namespace Serverless.Service.Models.Hub;

/// <summary>A model of the hub at one commit, as a catalog's record says where a model came from.</summary>
/// <param name="Id">Its name there.</param>
/// <param name="Commit">Forty hexadecimal digits.</param>
public sealed partial record HubSource(string Id, string Commit)
{
    /// <summary>What a record's <see cref="ModelRecord.Source"/> says of the hub, whatever it adds behind a comma; null where it names another place.</summary>
    public static HubSource? Of(ModelRecord? model) =>
        model?.Source is { } source && Form().Match(source) is { Success: true } found && HubName.Is(found.Groups["id"].Value)
            ? new HubSource(found.Groups["id"].Value, found.Groups["commit"].Value)
            : null;

    public override string ToString() => $"{Id} at {Commit}";

    [GeneratedRegex("^(?<id>[^ ]+) at (?<commit>[0-9a-f]{40})(, [^/]*)?$")]
    private static partial Regex Form();
}
