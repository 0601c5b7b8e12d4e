using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Service.Jobs;

/// <summary>What a caller asks for when creating a job. Each field is within its own limits; whether files and model exist and fit is still to be checked.</summary>
public sealed record JobRequest
{
    /// <summary>A base, a published model, a checkpoint or an adapter.</summary>
    public required ModelId Model { get; init; }

    public required FileId TrainingFile { get; init; }

    public FileId? ValidationFile { get; init; }

    /// <summary>What the owner wants in the published name, 1 to 64 characters.</summary>
    public string? Suffix { get; init; }

    /// <summary>From 0 to 2147483647; null lets the service choose one.</summary>
    public long? Seed { get; init; }

    public JobMethod Method { get; init; } = new();

    public AdapterRequest Adapter { get; init; } = new();

    /// <summary>The stages of a recipe, 1 to 8; empty with every other method.</summary>
    public ImmutableArray<RecipeStageRequest> Stages { get; init; } = [];

    /// <summary>Graders that score both models' answers to the validation file, as they were sent; valid, with different names.</summary>
    public ImmutableArray<JsonElement> Graders { get; init; } = [];

    /// <summary>What keeps a model that is not better from being published, if anything does.</summary>
    public PublishCondition? PublishIf { get; init; }

    /// <summary>What the model is written in; null leaves that to the service, which takes bfloat16.</summary>
    public MergeDtype? MergeDtype { get; init; }

    /// <summary>What the job may cost before it pauses itself, more than 0, in the currency of the price table; null: whatever it costs.</summary>
    public double? Budget { get; init; }

    /// <summary>The owner's own pairs, at most 16.</summary>
    public ImmutableDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;
}
