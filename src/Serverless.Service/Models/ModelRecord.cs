using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Serverless.Service.Jobs;

namespace Serverless.Service.Models;

/// <summary>What the catalog knows about a model. A model exists when its record does; the folder is complete by then.</summary>
public sealed record ModelRecord
{
    /// <summary>Who owns a base or an adapter that somebody added. One that a folder gives at every start belongs to <c>system</c>.</summary>
    public const string Brought = "user";

    public required ModelId Id { get; init; }

    public required ModelKind Kind { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string OwnedBy { get; init; }

    /// <summary>The job that made it, if one did.</summary>
    public JobId? JobId { get; init; }

    /// <summary>The base it was tuned from, if it was; an adapter cannot be used without it.</summary>
    public ModelId? BaseModel { get; init; }

    /// <summary>Where it was added from, such as a folder's name or a hub's model and commit; null for models of other origin.</summary>
    public string? Source { get; init; }

    /// <summary>The prefix of its folder in the container <c>models</c>, without a slash at the end; set by <see cref="ModelStore"/>.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Sixteen hexadecimal digits that stand for the names and bytes of all files: the last part of <see cref="Folder"/>.</summary>
    [JsonIgnore]
    public string ContentHash => Folder[(Folder.LastIndexOf('/') + 1)..];

    /// <summary>The sum over <see cref="Parts"/>.</summary>
    public long Bytes { get; init; }

    /// <summary>Every file of the folder, sorted by path; set by <see cref="ModelStore"/>.</summary>
    public ImmutableArray<ModelPart> Parts { get; init; } = [];
}
