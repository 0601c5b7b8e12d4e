using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Service.Catalog;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a trainer has done since its last commit, where it was interrupted before it had looked at its last step; kept beside its weights.</summary>
/// <param name="Metrics">Those of the steps before the last one.</param>
/// <param name="Owed">The last one, without its look.</param>
public sealed record ParkedSteps(ImmutableArray<JobMetrics> Metrics, TrainedStep Owed)
{
    private const string FileName = "parked.json";

    /// <summary>Adds it to the files of a checkpoint.</summary>
    public static Task WriteAsync(string folder, ParkedSteps steps, CancellationToken ct) =>
        File.WriteAllBytesAsync(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(steps, CatalogJson.Options), ct);

    /// <summary>Reads it from the files of a checkpoint that <see cref="JobHead.Parked"/> names.</summary>
    public static async Task<ParkedSteps> ReadAsync(string folder, CancellationToken ct) =>
        JsonSerializer.Deserialize<ParkedSteps>(await File.ReadAllBytesAsync(Path.Combine(folder, FileName), ct), CatalogJson.Options)
        ?? throw new InvalidDataException($"{FileName} is null");
}
