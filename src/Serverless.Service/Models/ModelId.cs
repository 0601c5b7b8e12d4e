using System.Text.Json.Serialization;
using Serverless.Service.Jobs;

namespace Serverless.Service.Models;

/// <summary>The name of a model, as requests give it: a base's own name, or <c>ft:base:organization:suffix:8 characters</c>.</summary>
[JsonConverter(typeof(ModelIdJsonConverter))]
public readonly record struct ModelId(string Value)
{
    /// <summary>The name under which <paramref name="job"/> publishes: the same each time it is asked.</summary>
    /// <param name="baseModel">The base's own name.</param>
    /// <param name="organization">The deployment's name.</param>
    /// <param name="suffix">What the caller added, or null.</param>
    /// <param name="step">The step of a checkpoint, or null for the job's final model.</param>
    public static ModelId Published(string baseModel, string organization, string? suffix, JobId job, int? step = null)
    {
        var name = $"ft:{baseModel}:{organization}:{suffix}:{job.Value[^8..]}";
        return new(step is { } at ? $"{name}:ckpt-step-{at}" : name);
    }

    public override string ToString() => Value;
}
