using Microsoft.Extensions.Logging;
using Serverless.Local.Settings;
using Serverless.Service.Models.Adding;
using Serverless.Service.Storage;

namespace Serverless.Local.Drops;

/// <summary>
/// Looks through the container <c>models</c> every few seconds for what people put there. A drop is tried when it has not changed since the
/// look before, so that a folder is not taken while its files still come, and not again before it changes.
/// </summary>
internal sealed class ModelDropWatcher(BlobAccount account, ModelDrops drops, LocalSettings settings, TimeProvider clock, ILogger<ModelDropWatcher> logger)
    : ContainerWatcher(account.Models.Name, settings, clock, logger)
{
    private Dictionary<string, string> _seen = [];
    private Dictionary<string, string> _tried = [];

    /// <summary>Takes every drop that has come to rest.</summary>
    internal override async Task LookAsync(CancellationToken ct)
    {
        var present = await drops.FindAsync(ct);
        var (seen, tried) = (_seen, _tried);
        // What is gone needs no remembering.
        _seen = present.ToDictionary(drop => drop.Name, drop => drop.Version);
        _tried = present.Where(drop => tried.GetValueOrDefault(drop.Name) == drop.Version).ToDictionary(drop => drop.Name, drop => drop.Version);
        foreach (var drop in present.Where(drop => seen.GetValueOrDefault(drop.Name) == drop.Version && !_tried.ContainsKey(drop.Name)))
        {
            if (await drops.TakeAsync(drop, ct) is { } added)
                logger.TookModel(drop.Name, account.Models.Name, added.Record.Id.Value, added.Record.Bytes);
            else
                logger.RefusedModel(drop.Name, account.Models.Name);
            _tried[drop.Name] = drop.Version;
        }
    }
}
