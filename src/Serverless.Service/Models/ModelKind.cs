using System.Text.Json.Serialization;

namespace Serverless.Service.Models;

/// <summary>Where a model comes from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelKind>))]
public enum ModelKind
{
    /// <summary>Brought by its owner, or shipped with the product.</summary>
    [JsonStringEnumMemberName("base")] Base,

    /// <summary>The result of a job.</summary>
    [JsonStringEnumMemberName("published")] Published,

    /// <summary>A state on the way to a job's result.</summary>
    [JsonStringEnumMemberName("checkpoint")] Checkpoint,
}
