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

    /// <summary>A low-rank adapter in PEFT's layout, brought by its owner; it answers on its base.</summary>
    [JsonStringEnumMemberName("adapter")] Adapter,

    /// <summary>A state on the way to a job's result.</summary>
    [JsonStringEnumMemberName("checkpoint")] Checkpoint,
}
