using Serverless.Service.Models.Adding;

namespace Serverless.Service.Models.Hub;

/// <summary>A model on the hub at one commit.</summary>
/// <param name="Id">Its name there.</param>
/// <param name="Commit">The commit that the hub named for the revision asked for; everything is fetched from this one.</param>
public sealed record HubModel(string Id, string Commit, IReadOnlyList<HubFile> Files)
{
    /// <summary>How a catalog's record names it.</summary>
    public string Source => new HubSource(Id, Commit).ToString();

    /// <summary>Whether it is an adapter in PEFT's layout, and no whole model.</summary>
    public bool IsAdapter => ModelChoice.IsAdapterAmong(Files.Select(file => file.Path));
}
